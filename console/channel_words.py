"""What `payments.merchant_checks` found, as staff read it, and the line that a merchant's entry needs."""

import json
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.merchant_checks import Finding

CHECKS = {
    "keys": _("密钥文件读得到，种类正确"),
    "no_lot": _("lots 里的 {slug} 不是现有的停车场：那里的车主会付给别的商户"),
    "no_new": _("不收新款，只查询和退还旧款"),
    "public_key": _("公钥模式：支付宝这边没有会到期的东西"),
    "certificate": _("证书 {serial} 还有 {days} 天到期"),
    "no_certificate": _("没有写 certificate_file：商户证书到期前没有人提醒"),
    "old_key": _("旧的 APIv3 密钥仍被接受；换新一天后请去掉"),
    "known": _("渠道认得这个商户，应答验签通过"),
    "clock": _("渠道的时钟比我们快 {seconds} 秒"),
    "wrong_clock": _("渠道的时钟比我们快 {seconds} 秒：请先让服务器 NTP 对时"),
    "wrong_api_key": _("APIv3 密钥不对，通知读不出来（api_keys_file）"),
    "untried_api_key": _("APIv3 密钥要付一笔才试得出：请做 0.01 元测试"),
    "api_key": _("APIv3 密钥打得开微信加密的内容"),
    "sign_error": _("签名不被接受：mchid、serial、private_key_file 不是同一套"),
    "no_auth": _("被拒绝：产品没有开通，或这个子商户不在服务商名下"),
    "appid_mchid_not_match": _("appid 与 mchid 没有绑定（商户平台「AppID 账号管理」）"),
    "mch_not_exists": _("没有这个商户：mchid 或 sub_mchid 写错了"),
    "param_error": _("参数格式不对：mchid、appid 或 sub_mchid"),
    "invalid_app_id": _("没有这个应用，或还没有上线：app_id"),
    "invalid_signature": _("签名不被接受：请重新上传 private_key_file 对应的公钥"),
    "insufficient_isv_permissions": _("应用没有开通产品（手机网站支付、当面付）"),
    "access_forbidden": _("应用无权这样做：产品没有签约或没有生效"),
    "frequency_limited": _("调用太密，一分钟后再试"),
    "says": _("渠道答复：{reason}"),
    "unknown_serial": _("应答所用的公钥不在 platform_keys 里：请加上"),
    "bad_signature": _("应答验签失败：手里的渠道公钥不对"),
    "unreached": _("没有答复：请查网络、域名解析、防火墙或代理"),
}


def told(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [{"ok": each.ok, "words": str(CHECKS[each.code]).format(**each.said)} for each in findings]


def example(provider: str, slug: str) -> str:
    """Return an entry of the merchants' file for this lot; what is to be filled in is in pointed brackets."""
    entry: dict[str, Any] = {"provider": provider, "lots": [slug]}
    if provider == "wechat":
        entry |= {
            "mchid": gettext("<商户号>"),
            "appid": gettext("<公众号或小程序的 AppID>"),
            "serial": gettext("<商户 API 证书序列号>"),
            "private_key_file": "/etc/purecode/wechat/apiclient_key.pem",
            "api_keys_file": "/etc/purecode/wechat/api_v3_key",
            "app_secret_file": "/etc/purecode/wechat/app_secret",
            "platform_keys": {gettext("<公钥 ID>"): "/etc/purecode/wechat/pub_key.pem"},
            "products": "jsapi,h5,native",
        }
    else:
        entry |= {
            "app_id": gettext("<应用 APPID>"),
            "seller_id": gettext("<商户 PID>"),
            "private_key_file": "/etc/purecode/alipay/private_key.pem",
            "public_key_file": "/etc/purecode/alipay/alipay_public_key.pem",
            "scenes": "alipay,browser,screen",
        }
    return json.dumps(entry, ensure_ascii=False, indent=2)
