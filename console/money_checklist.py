"""The steps of a lot's opening about money: tariff, channel, a test, the first real payment."""

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from console.checklist import Step, step
from core.addresses import public_url
from lots.models import Lot
from payments import channel_test
from payments.channels import BY_HAND, WAIVER, of_lot
from payments.models import Payment

SANDBOX = "sandbox"


@step(30)
def tariff(lot: Lot) -> Step:
    has_one = lot.tariffs.filter(withdrawn_at=None).exists()
    return Step(
        _("计费规则"),
        has_one,
        _("没有计费规则就算不出费用。可以从常见规则里选一份，以后再改。"),
        f"manage.py set_tariff {lot.slug} tariff.json --from now",
        reverse("console:tariff" if has_one else "console:first-tariff", args=[lot.slug]),
        "tariffs.see" if has_one else "tariffs.sign",
    )


@step(60)
def channels(lot: Lot) -> Step:
    return Step(
        _("支付渠道"),
        bool(of_lot(lot)),
        _("由管理服务器的人在商户文件里写好，密钥不经过网页。页面上有要加的那一行。"),
        "manage.py check_merchants --online",
        reverse("console:channels", args=[lot.slug]),
    )


@step(70)
def test_payment(lot: Lot) -> Step:
    """Done once the lot's merchant took a fen and gave it back, or took money of this lot."""
    return Step(
        _("0.01 元测试"),
        _paid(lot).exists() or channel_test.is_proven(lot),
        _("用手机付一分钱，系统自动退回：证明下单、通知、退款都通。"),
        "manage.py pay_test wechat",
        reverse("console:channels", args=[lot.slug]) + "#test",
    )


@step(90)
def live(lot: Lot) -> Step:
    """Done once a channel that is no sandbox took money of this lot."""
    play = {merchant.name for merchant in settings.MERCHANTS if merchant.sandbox}
    real = _paid(lot).exclude(provider=SANDBOX).exclude(merchant__in=play)
    sign = lot.signs.filter(kind="pure", revoked_at=None).order_by("number").first()
    return Step(
        _("第一笔收款"),
        real.exists(),
        _("收到真实商户的第一笔款后，这张清单不再显示。"),
        link=public_url(f"/p/{sign.code}") if sign and lot.closed_at is None else "",
        before_opening=False,
    )


def _paid(lot: Lot) -> QuerySet[Payment]:
    paid = Payment.objects.filter(lot=lot, state=Payment.State.PAID)
    return paid.exclude(provider__in=[*BY_HAND, WAIVER])
