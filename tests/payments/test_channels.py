"""Which channel a driver may choose, whose merchant takes the money, and when a channel is hidden."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from core.transport import OutcomeUnknown
from lots.models import ParkingSession
from payments import channels
from payments.channel_orders import SAFE_AFTER_EXPIRY
from payments.channels import ChannelDown, available, note_failure, provider_for, provider_named, way
from payments.checkout import EarlierPaymentPending
from payments.models import Payment
from payments.providers.contract import ProviderRefused, Scene
from payments.settling import settle
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.fakes import FakeProvider
from tests.payments.payment_steps import look_up_session, start_paying

WECHAT, ALIPAY, BROWSER, SCREEN = Scene.WECHAT, Scene.ALIPAY, Scene.BROWSER, Scene.SCREEN
AT = NOON + timedelta(minutes=61)


@dataclass
class LimitedProvider(FakeProvider):
    """A fake that has some ways in only, for some lots only."""

    ways: frozenset[Scene] = frozenset(Scene)
    lots: frozenset[str] | None = field(default=None)

    def scenes(self):
        return self.ways


@pytest.fixture
def offer(monkeypatch):
    def put(*found):
        monkeypatch.setattr(channels, "providers", lambda: {(p.name, p.merchant): p for p in found})
        monkeypatch.setattr(channels, "lots_of", lambda provider: provider.lots)
        monkeypatch.setattr(channels, "in_background", lambda work: work())
        return found

    return put


def names(lot, scene=None, at=None):
    return [channel.name for channel in available(lot, scene, at=at)]


def wechat(*ways, **more):
    return LimitedProvider("wechat", ways=frozenset(ways), **more)


def alipay(*ways, **more):
    return LimitedProvider("alipay", ways=frozenset(ways or (ALIPAY, BROWSER, SCREEN)), **more)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("products", "scene", "offered"),
    [
        ({WECHAT, BROWSER, SCREEN}, None, ["wechat", "alipay"]),
        ({WECHAT, BROWSER, SCREEN}, WECHAT, ["wechat", "alipay"]),
        ({WECHAT, BROWSER, SCREEN}, ALIPAY, ["alipay", "wechat"]),
        ({WECHAT, BROWSER, SCREEN}, BROWSER, ["wechat", "alipay"]),
        ({WECHAT, BROWSER, SCREEN}, SCREEN, ["wechat", "alipay"]),
        ({WECHAT}, BROWSER, ["alipay"]),  # without H5 nothing opens WeChat's cashier from there
        ({WECHAT}, SCREEN, ["alipay"]),
        ({BROWSER}, WECHAT, ["alipay"]),  # H5 is refused inside WeChat
        ({BROWSER}, SCREEN, ["wechat", "alipay"]),
    ],
)
def test_usable_channels_are_offered_in_order(offer, products, scene, offered):
    offer(wechat(*products), alipay())
    assert names(make_lot(), scene) == offered


@pytest.mark.parametrize(
    ("provider", "scene", "starts"),
    [
        (wechat(WECHAT, BROWSER, SCREEN), WECHAT, WECHAT),
        (wechat(BROWSER), WECHAT, None),
        (wechat(WECHAT, BROWSER, SCREEN), ALIPAY, BROWSER),
        (wechat(WECHAT, BROWSER, SCREEN), SCREEN, SCREEN),
        (wechat(BROWSER), SCREEN, BROWSER),
        (alipay(ALIPAY, BROWSER), WECHAT, BROWSER),
        (alipay(ALIPAY, BROWSER), ALIPAY, ALIPAY),
        (alipay(ALIPAY, BROWSER), SCREEN, BROWSER),
    ],
)
def test_environment_selects_start_method(provider, scene, starts):
    assert way(provider, scene) == starts


@pytest.mark.django_db
def test_named_lot_uses_its_merchant(offer):
    mine, rest = wechat(*Scene, merchant="m-1", lots=frozenset({"a"})), wechat(*Scene, merchant="m-2")
    named, unnamed = make_lot(slug="a"), make_lot(slug="b")
    for order in ((mine, rest), (rest, mine)):
        offer(*order)
        assert provider_for(named, "wechat") is mine
        assert provider_for(unnamed, "wechat") is rest


@pytest.mark.django_db
def test_lot_without_merchant_has_no_channel(offer):
    offer(wechat(*Scene, lots=frozenset({"a"})), alipay(lots=frozenset()))
    lot = make_lot(slug="b")
    assert names(lot) == []
    with pytest.raises(ChannelDown):
        provider_for(lot, "wechat")


def test_payment_uses_its_original_merchant(offer):
    old, new = offer(wechat(merchant="m-1", lots=frozenset()), wechat(merchant="m-2"))
    assert provider_named("wechat", "m-1") is old
    assert provider_named("wechat", "m-2") is new
    with pytest.raises(ChannelDown):
        provider_named("wechat", "m-3")


def pay(quote, channel="wechat", at=AT):
    return start_paying(quote, channel, at=at)


@pytest.fixture
def quote(db):
    see(make_device(make_lot(slug="a"), "entry"), "沪A12345", NOON)
    return look_up_session(ParkingSession.objects.get(), at=AT)


def test_merchant_change_closes_old_order(offer, quote):
    old, new = wechat(*Scene, merchant="m-1"), wechat(*Scene, merchant="m-2")
    offer(old)
    first = pay(quote)
    old.lots = frozenset()
    offer(old, new)
    second = pay(quote)
    first.refresh_from_db()
    assert (first.merchant, first.state) == ("m-1", Payment.State.CLOSED)
    assert (second.merchant, second.state) == ("m-2", Payment.State.OPEN)


def test_expired_order_of_removed_merchant_blocks_nothing(offer, quote):
    """No answer about it will ever come; its money, if there is some, still counts when it is reported."""
    old, new = wechat(*Scene, merchant="m-1"), wechat(*Scene, merchant="m-2")
    offer(old)
    first = pay(quote)
    offer(new)
    with pytest.raises(EarlierPaymentPending):
        pay(quote)
    later = first.expires_at + SAFE_AFTER_EXPIRY
    second = pay(look_up_session(first.session, at=later), at=later)
    first.refresh_from_db()
    assert (first.state, second.merchant) == (Payment.State.CLOSED, "m-2")
    assert first.events.get(became="closed").cause == "no_merchant"
    settle(old.pay(first.number), cause="notice", at=later)
    first.refresh_from_db()
    assert first.state == Payment.State.PAID


@pytest.mark.parametrize("reason", ["invalid_request", "out_trade_no_used"])
@pytest.mark.parametrize("known", ["open", "unknown", "new"])
def test_second_phone_replaces_open_order(offer, quote, known, reason):
    """WeChat binds an order to the first openid; a second phone is refused with the same number.

    The first may still be waiting for its answer, or its process may have died over it: its row is new then.
    """

    class Bound(LimitedProvider):
        def start(self, order, payer):
            if order.number in self.orders:
                raise ProviderRefused(reason)
            return super().start(order, payer)

    offer(Bound("wechat"))
    first = pay(quote)
    Payment.objects.update(state=known)
    second = pay(quote)
    first.refresh_from_db()
    assert first.state == Payment.State.CLOSED
    assert (second.state, second.number != first.number) == (Payment.State.OPEN, True)


NO_AUTH = ProviderRefused("no_auth")


@pytest.mark.django_db
def test_three_failures_hide_channel_until_probe(offer):
    provider, other = offer(wechat(*Scene), alipay())
    lot, neighbour = make_lot(slug="a"), make_lot(slug="b")
    for fault in (NO_AUTH, OutcomeUnknown(), NO_AUTH):
        assert names(lot, SCREEN, AT) == ["wechat", "alipay"]
        note_failure(lot.pk, provider, fault, at=AT)
    assert names(lot, SCREEN, AT) == ["alipay"]
    assert names(neighbour, SCREEN, AT) == ["wechat", "alipay"]
    provider.fault = "refused"
    assert names(lot, SCREEN, AT + timedelta(minutes=2)) == ["alipay"]
    provider.fault = ""
    assert names(lot, SCREEN, AT + timedelta(minutes=3)) == ["alipay"]  # one probe in two minutes
    assert names(lot, SCREEN, AT + timedelta(minutes=4)) == ["wechat", "alipay"]
    assert (provider.calls, other.calls) == (["query", "query"], [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("faults", "minutes"),
    [
        ([NO_AUTH, NO_AUTH], 0),
        ([ProviderRefused("frequency_limited")] * 4, 0),
        ([ProviderRefused("invalid_request")] * 4, 0),
        ([ProviderRefused("out_trade_no_used")] * 4, 0),
        ([ProviderRefused("account_error")] * 4, 0),  # of one driver, who presses again
        ([NO_AUTH] * 3, 4),  # four minutes between each
    ],
)
def test_minor_failures_hide_nothing(offer, faults, minutes):
    (provider,) = offer(wechat(*Scene))
    lot, at = make_lot(), AT
    for fault in faults:
        note_failure(lot.pk, provider, fault, at=at)
        at += timedelta(minutes=minutes)
    assert names(lot, SCREEN, at) == ["wechat"]


def test_failed_payments_hide_channel(offer, quote):
    (provider,) = offer(wechat(*Scene))
    provider.fault = "refused"
    for _ in range(3):
        with pytest.raises(ChannelDown):
            pay(quote)
    assert names(quote.session.lot, SCREEN, AT) == []
