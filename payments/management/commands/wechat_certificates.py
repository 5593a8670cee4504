"""manage.py wechat_certificates [--out FOLDER]: fetches WeChat's platform certificates."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.transport import OutcomeUnknown
from payments.channels import every_provider
from payments.merchant_checks import WORDS
from payments.providers.contract import ProviderRefused
from payments.providers.wechat import WechatProvider
from payments.providers.wechat.platform_certificates import PlatformCertificate, WrongApiKey

NOT_OFFERED = {"resource_not_exists", "no_auth", "not_found"}


class Command(BaseCommand):
    help = "Download WeChat's platform certificates, print serial number and expiry; --out also stores them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, help="write each certificate into this folder")

    def handle(self, *args: Any, out: Path | None, **options: Any) -> None:
        chosen = [provider for provider in every_provider() if isinstance(provider, WechatProvider)]
        if not chosen:
            raise CommandError("No WeChat merchant is set up")
        for provider in chosen:
            self.stdout.write(f"wechat {provider.merchant}")
            for certificate in _fetched(provider):
                self._print(certificate, provider, out)

    def _print(self, certificate: PlatformCertificate, provider: WechatProvider, out: Path | None) -> None:
        known = "known" if provider.knows(certificate.serial) else "NEW: add it to platform_keys"
        self.stdout.write(
            f"  {certificate.serial}  {certificate.begins:%Y-%m-%d} to {certificate.ends:%Y-%m-%d}  {known}"
        )
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            file = out / f"{certificate.serial}.pem"
            file.write_bytes(certificate.pem)
            self.stdout.write(f'    "{certificate.serial}": "{file.resolve()}"')


def _fetched(provider: WechatProvider) -> list[PlatformCertificate]:
    try:
        return provider.platform_certificates()
    except WrongApiKey:
        raise CommandError("The APIv3 key does not open them: api_keys_file is wrong") from None
    except ProviderRefused as refusal:
        if refusal.reason in NOT_OFFERED:
            raise CommandError(
                "WeChat offers this merchant no certificates: it has the public key alone (微信支付公钥)"
            ) from None
        raise CommandError(f"WeChat refused: {WORDS.get(refusal.reason, refusal.reason)}") from None
    except OutcomeUnknown:
        raise CommandError("WeChat gave no usable answer; try again") from None
