"""manage.py test_alert: sends a test message to each destination and prints which arrived."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from monitoring.alert_delivery import SENDERS, NotDelivered, ways

TEXT = (
    "【纯净码 测试】这是一条测试告警，收到说明渠道可用，无需处理。\nA test alert of PureCode: nothing to do."
)


class Command(BaseCommand):
    help = "Send a test message by mail and to the configured webhooks."

    def handle(self, *args: Any, **options: Any) -> None:
        configured = ways()
        if not configured:
            raise CommandError(
                "No destination is configured: EMAIL_URL with ALERT_MAIL_TO, ALERT_WECOM or ALERT_DINGTALK"
            )
        failed = []
        for way in configured:
            try:
                SENDERS[way](TEXT)
            except NotDelivered:
                failed.append(way.value)
                self.stdout.write(f"{way.value}: NOT delivered")
            else:
                self.stdout.write(f"{way.value}: arrived")
        if failed:
            raise CommandError("Check " + ", ".join(failed))
