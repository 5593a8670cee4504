"""Checks of a merchant's settings, with findings in words, before the first driver pays."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.transport import OutcomeUnknown, ProviderError
from payments.merchants import Merchant
from payments.numbers import new_number
from payments.providers.alipay import AlipayConfig
from payments.providers.contract import Observed, Outcome, Provider, ProviderRefused
from payments.providers.wechat import WechatConfig, WechatProvider
from payments.providers.wechat.platform_certificates import WrongApiKey

SOON = timedelta(days=30)
CLOCK = timedelta(minutes=2)  # WeChat refuses from five on

WORDS = {  # of each finding, for the command line; the console has its own (console.channel_words)
    "keys": "keys are readable and of the right kind",
    "no_lot": "lots: there is no lot {slug}; its drivers would pay another merchant",
    "no_new": "takes no new payment; its old ones are asked about and refunded",
    "public_key": "public-key mode: nothing of Alipay's ends by itself",
    "certificate": "{whose} certificate {serial} ends in {days} days",
    "no_certificate": "certificate_file is not set: nobody watches when the merchant's certificate ends",
    "old_key": "an old APIv3 key is still accepted; take it out a day after the change",
    "known": "it knows us, and its answer verifies",
    "clock": "its clock is {seconds} s ahead of ours",
    "slow_clock": "its clock is {seconds} s behind ours",
    "wrong_clock": "its clock is {seconds} s ahead of ours: set ours by NTP first",
    "wrong_slow_clock": "its clock is {seconds} s behind ours: set ours by NTP first",
    "wrong_api_key": "the APIv3 key is wrong: no notice could be read (api_keys_file)",
    "untried_api_key": "the APIv3 key cannot be tried without a payment: run manage.py pay_test",
    "api_key": "the APIv3 key opens what WeChat seals",
    # a channel's definite no to a question that is asked rightly
    "sign_error": "it does not accept our signature: mchid, serial, private_key_file do not belong together",
    "no_auth": "it refuses us: the product is not opened, or this sub-merchant is not one of the partner",
    "appid_mchid_not_match": "appid and mchid are not bound to each other (AppID账号管理)",
    "mch_not_exists": "there is no such merchant: mchid or sub_mchid is wrong",
    "param_error": "it takes a setting for malformed: mchid, appid or sub_mchid",
    "invalid_app_id": "there is no such app, or it is not online yet: app_id",
    "invalid_signature": "it does not accept our signature: upload the public half of private_key_file again",
    "insufficient_isv_permissions": "the app has not the product (手机网站支付, 当面付)",
    "access_forbidden": "the app is not allowed to do this: product not signed, or not in force",
    "frequency_limited": "too many calls at once; try again in a minute",
    "says": "it says {reason}",
    # it gave no usable answer
    "unknown_serial": "its answer names a key that platform_keys does not have: add that key ({doubt})",
    "bad_signature": "its answer does not verify: the key of the channel is not the one that we were given"
    " ({doubt})",
    "unreached": "no answer: network, name service, firewall or proxy",
}
GREW = ("unknown_serial", "bad_signature")  # what a provider counted while it gave no usable answer


@dataclass(frozen=True)
class MerchantFinding:
    """One line of the check. `ok` None: nothing wrong, but worth knowing."""

    ok: bool | None
    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return WORDS[self.code].format(**self.values)


def offline(merchant: Merchant, known_lots: Iterable[str], *, at: datetime) -> Iterator[MerchantFinding]:
    """Check the settings without calling a channel; they were readable, or nothing would have started."""
    known = set(known_lots)
    yield MerchantFinding(True, "keys")
    for slug in sorted((merchant.lots or frozenset()) - known):
        yield MerchantFinding(False, "no_lot", {"slug": slug})
    if merchant.lots == frozenset():
        yield MerchantFinding(None, "no_new")
    if isinstance(merchant.config, WechatConfig):
        yield from _wechat(merchant.config, at)
    elif isinstance(merchant.config, AlipayConfig):
        yield MerchantFinding(None, "public_key")


def _wechat(config: WechatConfig, at: datetime) -> Iterator[MerchantFinding]:
    for each in config.certificates:
        days = (each.at - at).days
        values: dict[str, str | int] = {"whose": each.whose, "serial": each.serial, "days": days}
        yield MerchantFinding(each.at - at > SOON, "certificate", values)
    if not any(each.whose == "merchant" for each in config.certificates):
        yield MerchantFinding(None, "no_certificate")
    if len(config.api_keys) > 1:
        yield MerchantFinding(None, "old_key")


def online(provider: Provider) -> Iterator[MerchantFinding]:
    """Ask the channel about an order that does not exist, and understand what it says."""
    before = dict(provider.troubles()) if isinstance(provider, Observed) else {}
    try:
        statement = provider.query(new_number())
        verdict = MerchantFinding(statement.outcome == Outcome.NOT_FOUND, "known")
    except ProviderRefused as refusal:
        code = refusal.reason if refusal.reason in WORDS else "says"
        verdict = MerchantFinding(False, code, {"reason": refusal.reason})
    except OutcomeUnknown as doubt:
        verdict = MerchantFinding(False, _doubt(provider, before), {"doubt": str(doubt)})
    yield from _clock(provider)
    yield verdict
    if verdict.ok and isinstance(provider, WechatProvider):
        yield _api_key(provider)


def _doubt(provider: Provider, before: dict[str, int]) -> str:
    now = provider.troubles() if isinstance(provider, Observed) else {}
    return next((kind for kind in GREW if now.get(kind, 0) > before.get(kind, 0)), "unreached")


def _clock(provider: Provider) -> Iterator[MerchantFinding]:
    skew = provider.clock_skew if isinstance(provider, Observed) else None
    if skew is not None:
        seconds = round(skew.total_seconds())
        right = abs(skew) < CLOCK
        code = ("" if right else "wrong_") + ("clock" if seconds >= 0 else "slow_clock")
        yield MerchantFinding(right, code, {"seconds": abs(seconds)})


def _api_key(provider: WechatProvider) -> MerchantFinding:
    """Test the APIv3 key by opening certificates; a merchant in public-key mode has none to open."""
    try:
        provider.platform_certificates()
    except WrongApiKey:
        return MerchantFinding(False, "wrong_api_key")
    except ProviderError:
        return MerchantFinding(None, "untried_api_key")
    return MerchantFinding(True, "api_key")
