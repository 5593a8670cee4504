"""The steps of a lot's opening that are about money: a channel, a test payment, the first real one."""

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from lots.console.checklist import Step, step
from lots.models import Lot
from payments.channels import BY_HAND, WAIVER, of_lot
from payments.models import Payment

SANDBOX = "sandbox"


@step(60)
def channels(lot: Lot) -> Step:
    return Step(
        _("支付渠道"),
        bool(of_lot(lot)),
        _("在 MERCHANTS_FILE 指向的文件里写好商户和它收款的停车场，重启服务；见 docs/payments.md。"),
        "manage.py check --deploy",
    )


@step(70)
def test_payment(lot: Lot) -> Step:
    """Done once a channel, the sandbox or a real one, took money of this lot."""
    sign = lot.signs.filter(kind="pure", revoked_at=None).order_by("number").first()
    return Step(
        _("试付一笔"),
        _paid(lot).exists(),
        _("用手机扫纯净码，按一辆在场车的号牌缴费；随后可在支付页退款。") if sign else _("先做一张纯净码。"),
        link=f"/p/{sign.code}" if sign else "",
    )


@step(80)
def live(lot: Lot) -> Step:
    """Done once a channel that is no sandbox took money of this lot, and the lot takes payments."""
    play = {merchant.name for merchant in settings.MERCHANTS if merchant.sandbox}
    real = _paid(lot).exclude(provider=SANDBOX).exclude(merchant__in=play)
    return Step(
        _("正式收款"),
        lot.closed_at is None and real.exists(),
        _("停车场暂停收款中。") if lot.closed_at else _("换成真实商户并收到第一笔款后，这张清单不再显示。"),
    )


def _paid(lot: Lot) -> QuerySet[Payment]:
    paid = Payment.objects.filter(lot=lot, state=Payment.State.PAID)
    return paid.exclude(provider__in=[*BY_HAND, WAIVER])
