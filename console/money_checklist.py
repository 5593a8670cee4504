"""The steps of a lot's opening about money: tariff, channel, a test, the first real payment."""

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from console.checklist import APPLY, Step, step
from core.addresses import public_url
from lots.models import Lot
from payments import channel_test
from payments.channels import BY_HAND, WAIVER, of_lot
from payments.models import Payment

SANDBOX = "sandbox"


@step(30)
def tariff(lot: Lot) -> Step:
    has_one = lot.tariffs.not_withdrawn().exists()
    return Step(
        _("Tariffs"),
        has_one,
        _("Fees cannot be calculated without a tariff. Start with a common one and change it later."),
        APPLY,
        reverse("console:tariff" if has_one else "console:first-tariff", args=[lot.slug]),
        "tariffs.see" if has_one else "tariffs.sign",
    )


@step(60)
def channels(lot: Lot) -> Step:
    return Step(
        _("Payment channel"),
        bool(of_lot(lot)),
        _(
            "The server administrator adds it to the merchants' file; secrets never pass through a "
            "page. This page shows the line to add."
        ),
        "manage.py check_merchants --online",
        reverse("console:channels", args=[lot.slug]),
    )


@step(70)
def test_payment(lot: Lot) -> Step:
    """Done once the lot's merchant took a fen and gave it back, or took money of this lot."""
    return Step(
        _("¥0.01 test"),
        _paid(lot).exists() or channel_test.is_proven(lot),
        _(
            "Pay ¥0.01 with a phone; it is refunded automatically. This proves that orders, notices "
            "and refunds work."
        ),
        "manage.py pay_test wechat",
        reverse("console:channels", args=[lot.slug]) + "#test",
    )


@step(90)
def live(lot: Lot) -> Step:
    """Done once a channel that is no sandbox took money of this lot."""
    play = {merchant.name for merchant in settings.MERCHANTS if merchant.sandbox}
    real = _paid(lot).exclude(provider=SANDBOX).exclude(merchant__in=play)
    sign = lot.signs.pure().first()
    return Step(
        _("First payment"),
        real.exists(),
        _("This checklist disappears once a real merchant has received the first payment."),
        link=public_url(f"/p/{sign.code}") if sign and lot.closed_at is None else "",
        before_opening=False,
    )


def _paid(lot: Lot) -> QuerySet[Payment]:
    paid = Payment.objects.filter(lot=lot, state=Payment.State.PAID)
    return paid.exclude(provider__in=[*BY_HAND, WAIVER])
