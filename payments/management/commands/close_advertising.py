"""manage.py close_advertising SUB_MCHID: no advertisement after a payment (点金计划) at this sub-merchant."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.transport import OutcomeUnknown
from payments import channels
from payments.merchant_checks import WORDS
from payments.providers.contract import ProviderRefused
from payments.providers.wechat import WechatProvider

PARTNER_ONLY = (
    "Only a partner (服务商) can close it, and only for its sub-merchants: a direct merchant has none"
)


class Command(BaseCommand):
    help = "Switch off WeChat's advertisements after a payment, for one sub-merchant."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sub_mchid", help="the mall's own merchant number")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, sub_mchid: str, yes: bool, **options: Any) -> None:
        provider = channels.providers().get(("wechat", sub_mchid))
        if not isinstance(provider, WechatProvider):
            raise CommandError("No such WeChat merchant is set up")
        if not yes and input(f"Close the advertisements of {sub_mchid}? Type yes: ").strip() != "yes":
            raise CommandError("Nothing was changed")
        try:
            provider.close_advertising()
        except ProviderRefused as refusal:
            reason = (
                PARTNER_ONLY
                if refusal.reason == "not_a_partner"
                else WORDS.get(refusal.reason, refusal.reason)
            )
            raise CommandError(f"Not closed. {reason}") from None
        except OutcomeUnknown:
            raise CommandError(
                "No usable answer: it may be closed. Run this again, that does no harm"
            ) from None
        self.stdout.write(f"Closed: drivers of {sub_mchid} see no advertisement after paying.")
