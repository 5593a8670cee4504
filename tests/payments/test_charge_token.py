"""A sealed charge: nothing to read, nothing to alter, and each misuse has an answer of its own."""

import base64
import string
from datetime import timedelta

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from lots.models import ParkingSession
from lots.plates import parse
from lots.systems.parking_system import LONGEST_REFERENCE
from lots.tariffs import PriceLine
from payments.charge_token import LANGUAGES, LIFE, LONGEST, MARK, SealedCharge, digest_of, seal, unseal
from payments.checkout import start_payment
from payments.models import Payment
from payments.providers.contract import Payer
from payments.refusals import ChargeExpired, ForeignCharge, ForgedCharge, NothingOwed
from payments.settling import settle
from tests.factories import NOON, make_lot, see
from tests.payments.payment_steps import look_up, start_paying

PLATE = "沪A12345"
LEAVING = NOON + timedelta(minutes=61)
CHARGE = SealedCharge(
    at=LEAVING,
    valid_until=LEAVING + LIFE,
    lot=3704,
    sign=20_000,
    lane=9_000,
    reference="12345678",
    session="12345678",
    price_fen=4000,
    discount_fen=500,
    amount_fen=3500,
    back_fen=0,
    digest=digest_of([PriceLine("step", 4000, {"minutes": 60})]),
    coupons=(1_000_001, 1_000_002),
    language="en",
)
ids = st.integers(0, 10**9)
fens = st.integers(0, 10**6)


@given(
    st.builds(
        SealedCharge,
        at=st.integers(0, 10**10).map(lambda us: NOON + timedelta(microseconds=us)),
        valid_until=st.just(NOON),
        lot=ids,
        sign=ids,
        lane=ids,
        reference=st.text("0123456789abcdef-", max_size=24),
        session=st.text("0123456789abcdef-", max_size=24),
        price_fen=fens,
        discount_fen=fens,
        amount_fen=fens,
        back_fen=fens,
        digest=st.binary(min_size=6, max_size=6),
        coupons=st.lists(ids, max_size=4).map(tuple),
        language=st.sampled_from(LANGUAGES),
        masked_plate=st.sampled_from(["", "沪A***45"]),
        is_brief=st.booleans(),
        plate_mark=st.sampled_from([b"", b"\0\xff mark"[:6]]),
        continues=ids,
        after_settlement=ids,
    ),
    st.integers(0, 3600),
)
def test_every_charge_survives_sealing(charge, seconds):
    session = charge.session or charge.reference
    charge = charge._replace(session=session, valid_until=charge.at + timedelta(seconds=seconds))
    text = seal(charge)
    assert len(text) <= LONGEST
    assert unseal(text, at=charge.at) == charge


def test_token_is_short_and_needs_no_escaping():
    text = seal(CHARGE)
    assert len(text) <= 120
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def test_token_is_opaque_and_unique():
    texts = {seal(CHARGE) for _ in range(20)}
    assert len(texts) == 20
    raw = b"".join(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) for text in texts)
    assert CHARGE.reference.encode() not in raw


def test_longest_reference_fits():
    ids = dict.fromkeys(("lot", "sign", "lane"), 10**9)
    fens = dict.fromkeys(("price_fen", "discount_fen", "amount_fen", "back_fen"), 10**7)
    texts = {"reference": "x" * LONGEST_REFERENCE, "session": "y" * LONGEST_REFERENCE}
    more = {"masked_plate": "沪A***45", "plate_mark": b"m" * MARK}
    counted = dict.fromkeys(("continues", "after_settlement"), 10**12)
    long = CHARGE._replace(**ids, **fens, **texts, **more, **counted)
    assert unseal(seal(long), at=LEAVING) == long
    with pytest.raises(ValueError, match="does not fit"):
        seal(long._replace(session="y" * 2 * LONGEST_REFERENCE))


def test_each_altered_character_is_refused():
    text = seal(CHARGE)
    for place, character in enumerate(text):
        other = "A" if character != "A" else "B"
        with pytest.raises(ForgedCharge):
            unseal(text[:place] + other + text[place + 1 :], at=LEAVING)


def test_other_spellings_are_refused():
    """The last character has bits that no byte uses: others in its place decode to the same token."""
    texts = [seal(CHARGE._replace(reference="1" * length)) for length in range(1, 5)]
    others = [
        text[:-1] + last
        for text in texts
        for last in string.ascii_letters + string.digits + "-_"
        if last != text[-1] and decoded(text[:-1] + last) == decoded(text)
    ]
    assert others
    for other in others:
        with pytest.raises(ForgedCharge):
            unseal(other, at=LEAVING)


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize(
    "text", ["", "x", "x" * 500, "沪A12345" * 5, "=" * 40, "A" * 100, "../" * 20, "\0" * 30]
)
def test_made_up_token_is_refused_without_database(text):
    with pytest.raises(ForgedCharge):
        unseal(text, at=LEAVING)


def test_shortened_and_lengthened_tokens_are_refused():
    text = seal(CHARGE)
    for other in (text[:-1], text[1:], text + "A", text + "=", f" {text}", text.upper()):
        with pytest.raises(ForgedCharge):
            unseal(other, at=LEAVING)


def test_key_changes_with_day_and_ring():
    text = seal(CHARGE)
    assert unseal(text, at=LEAVING + timedelta(days=1)) == CHARGE
    with pytest.raises(ForgedCharge):
        unseal(text, at=LEAVING + timedelta(days=2))
    old, new = b"\x01" * 32, b"\x02" * 32
    with override_settings(PLATE_KEYS={"old": old}):
        sealed = seal(CHARGE)
    with override_settings(PLATE_KEYS={"new": new, "old": old}):
        assert unseal(sealed, at=LEAVING) == CHARGE
    with override_settings(PLATE_KEYS={"new": new}), pytest.raises(ForgedCharge):
        unseal(sealed, at=LEAVING)


@pytest.fixture
def shown(lot, entry):
    see(entry, PLATE, NOON)
    return look_up(lot=lot, plate=parse(PLATE), at=LEAVING)


def pay(shown, at=LEAVING, **changes):
    charge = unseal(shown.token, at=at)._replace(**changes)
    return start_payment(charge, lot=shown.lot, channel="fake", payer=Payer(), at=at)[0]


@pytest.mark.django_db
def test_payment_carries_the_charge(lot, shown, channel):
    payment = pay(shown)
    assert (payment.price_fen, payment.discount_fen, payment.due_fen) == (1000, 0, 1000)
    assert (payment.until, payment.expires_at) == (LEAVING, LEAVING + LIFE)
    assert (payment.tariff_version, payment.coupons, payment.lane, payment.sign) == (1, [], None, None)
    assert sum(line["fen"] for line in payment.lines) == 1000


@pytest.mark.django_db
def test_expired_charge_starts_nothing(shown, channel):
    pay(shown, at=LEAVING + LIFE - timedelta(seconds=1))
    with pytest.raises(ChargeExpired):
        pay(shown, at=LEAVING + LIFE)
    assert Payment.objects.count() == 1


@pytest.mark.django_db
def test_charge_of_another_lot_starts_nothing(shown, channel):
    charge = unseal(shown.token, at=LEAVING)
    with pytest.raises(ForeignCharge):
        start_payment(charge, lot=make_lot(), channel="fake", payer=Payer(), at=LEAVING)
    assert channel.calls == []


@pytest.mark.django_db
def test_replay_finds_the_same_payment_then_nothing(shown, channel):
    payment = pay(shown)
    assert pay(shown) == payment
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    with pytest.raises(NothingOwed):
        pay(shown)
    assert Payment.objects.count() == 1


@pytest.mark.django_db
def test_corrected_stay_makes_the_charge_stale(shown, channel):
    ParkingSession.objects.update(entered_at=NOON - timedelta(minutes=30))
    with pytest.raises(ChargeExpired):
        pay(shown)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes", [{"price_fen": 900}, {"discount_fen": 1}, {"amount_fen": 1}, {"digest": b"\0" * 6}]
)
def test_differing_charge_is_stale(shown, channel, changes):
    """A bug in sealing costs nobody money: what is charged is what the system says."""
    with pytest.raises(ChargeExpired):
        pay(shown, **changes)


@pytest.mark.django_db
def test_earlier_moment_cannot_be_chosen(lot, shown, channel):
    """The moment is sealed: after two hours the old amount is no longer payable."""
    later = LEAVING + timedelta(hours=1)
    with pytest.raises(ChargeExpired):
        start_paying(shown, at=later)
    assert look_up(lot=lot, plate=parse(PLATE), at=later).amount_fen == 1500


def test_charge_of_fast_clock_is_over():
    assert not CHARGE.is_over(CHARGE.at - timedelta(seconds=90))  # of another server of ours
    assert CHARGE.is_over(CHARGE.at - timedelta(hours=1))
