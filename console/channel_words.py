"""Findings of `payments.merchant_checks` in words, and the entry that the merchants' file needs."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.merchant_checks import MerchantFinding
from payments.models import PaymentEvent

CHECKS = {
    "keys": _("The key files are readable and of the right kind"),
    "no_lot": _("lots: {slug} is not an existing lot; drivers there would pay another merchant"),
    "no_new": _("Takes no new payments; only queries and refunds earlier ones"),
    "public_key": _("Public-key mode: nothing on Alipay's side expires"),
    "certificate": _("Certificate {serial} expires in {days} days"),
    "no_certificate": _(
        "certificate_file is not set: there will be no warning before the merchant certificate expires"
    ),
    "old_key": _("An old APIv3 key is still accepted; remove it one day after the change"),
    "known": _("The channel knows this merchant and its response signature is valid"),
    "clock": _("The channel's clock is {seconds} s ahead of ours"),
    "slow_clock": _("The channel's clock is {seconds} s behind ours"),
    "wrong_slow_clock": _("The channel's clock is {seconds} s behind ours: sync the server with NTP first"),
    "wrong_clock": _("The channel's clock is {seconds} s ahead of ours: sync the server with NTP first"),
    "wrong_api_key": _("Wrong APIv3 key: notices cannot be decrypted (api_keys_file)"),
    "untried_api_key": _("The APIv3 key can only be tested with a payment: run the ¥0.01 test"),
    "api_key": _("The APIv3 key decrypts WeChat's messages"),
    "sign_error": _("Signature rejected: mchid, serial and private_key_file do not belong together"),
    "no_auth": _("Rejected: the product is not enabled, or this sub-merchant does not belong to the partner"),
    "appid_mchid_not_match": _("appid and mchid are not linked (merchant platform: AppID 账号管理)"),
    "mch_not_exists": _("No such merchant: mchid or sub_mchid is wrong"),
    "param_error": _("A setting is malformed: mchid, appid or sub_mchid"),
    "invalid_app_id": _("App not found or not published yet: app_id"),
    "invalid_signature": _("Signature rejected: upload the public key for private_key_file again"),
    "insufficient_isv_permissions": _("The app has not enabled the product (手机网站支付, 当面付)"),
    "access_forbidden": _("The app lacks permission: the product is not signed up for or not active"),
    "frequency_limited": _("Too many requests; try again in a minute"),
    "says": _("Channel response: {reason}"),
    "unknown_serial": _("The response uses a key that is not in platform_keys: add it"),
    "bad_signature": _("Response signature is invalid: the configured channel key is wrong"),
    "unreached": _("No response: check network, DNS, firewall or proxy"),
}

REFUSALS = {  # what a channel's own reason for refusing a refund means
    "resource_not_exists": _("Channel: it does not know this payment"),
    "trade_not_exist": _("Channel: it does not know this payment"),
    "user_account_abnormal": _("Channel: the payer's account is closed or blocked"),
    "trade_has_finished": _("Channel: too late to refund this payment"),
    "no_auth": _("Channel: this merchant may not refund"),
}


def cause_label(event: PaymentEvent) -> str:
    """Return what moved a payment or refund; of a channel's own reason its meaning, or else its code."""
    reason = event.cause.removeprefix("refused ")
    if event.cause in PaymentEvent.Cause.values or reason == event.cause:
        return event.get_cause_display()
    return str(REFUSALS.get(reason) or gettext("Channel refused: %(code)s") % {"code": reason.upper()})


def words_of(findings: Iterable[MerchantFinding]) -> list[dict[str, Any]]:
    return [{"ok": each.ok, "words": str(CHECKS[each.code]).format(**each.values)} for each in findings]


def example(provider: str, slug: str) -> str:
    """Return an entry of the merchants' file for this lot; what is to be filled in is in pointed brackets."""
    entry = {"provider": provider, "lots": [slug], **EXAMPLES[provider]()}
    return json.dumps(entry, ensure_ascii=False, indent=2)


def _wechat() -> dict[str, Any]:
    return {
        "mchid": gettext("<merchant number>"),
        "appid": gettext("<AppID of the service account>"),
        "serial": gettext("<serial number of the API certificate>"),
        "private_key_file": "/etc/purecode/wechat/apiclient_key.pem",
        "api_keys_file": "/etc/purecode/wechat/apiv3.txt",
        "app_secret_file": "/etc/purecode/wechat/appsecret.txt",
        "platform_keys": {gettext("<public key ID>"): "/etc/purecode/wechat/pub_key.pem"},
        "products": "jsapi,h5,native",
    }


def _alipay() -> dict[str, Any]:
    return {
        "app_id": gettext("<AppID>"),
        "seller_id": gettext("<merchant PID>"),
        "private_key_file": "/etc/purecode/alipay/app_private_key.txt",
        "public_key_file": "/etc/purecode/alipay/alipay_public_key.txt",
        "scenes": "alipay,browser,screen",
    }


EXAMPLES: dict[str, Callable[[], dict[str, Any]]] = {"wechat": _wechat, "alipay": _alipay}
