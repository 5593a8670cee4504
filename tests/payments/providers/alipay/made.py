"""What Alipay would send, made here from its documents: signed notices and answers, and bills."""

import base64
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm

from core.transport import Reply
from payments.providers.alipay import AlipayConfig, AlipayProvider
from payments.providers.contract import Scene

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)  # 12:00 in Beijing
APP, SELLER = "2021000000000001", "2088000000000001"
NUMBER, REFUND_NUMBER, TRADE_NO = "T" + "A" * 25, "R" + "B" * 25, "2026112422001000000000000001"
OURS, ALIPAYS, STRANGERS = (generate_private_key(65537, 2048) for _ in range(3))
CONFIG = AlipayConfig(
    APP, SELLER, OURS, ALIPAYS.public_key(), scenes=frozenset({Scene.ALIPAY, Scene.BROWSER, Scene.SCREEN})
)


class NoTransport:
    def send(self, *_: object) -> Reply:
        raise AssertionError("this never causes a call")


class Says:
    """A transport that answers with one thing, and remembers what it was asked."""

    def __init__(self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.reply = Reply(status, headers or {}, body)
        self.asked: list[tuple[str, str, bytes]] = []

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.asked.append((method, url, body))
        return self.reply


def provider(
    transport: Any = None, *, downloads: Any = None, at: datetime = NOON, config: AlipayConfig = CONFIG
) -> AlipayProvider:
    nowhere = NoTransport()
    return AlipayProvider(
        config, transport=transport or nowhere, downloads=downloads or nowhere, clock=lambda: at
    )


def sign(key: RSAPrivateKey, text: str, kind: HashAlgorithm | None = None) -> str:
    return base64.b64encode(key.sign(text.encode(), PKCS1v15(), kind or SHA256())).decode()


PAID = {
    "notify_time": "2026-11-24 11:59:59",
    "notify_type": "trade_status_sync",
    "notify_id": "n1",
    "charset": "utf-8",
    "version": "1.0",
    "app_id": APP,
    "auth_app_id": APP,
    "seller_id": SELLER,
    "trade_no": TRADE_NO,
    "out_trade_no": NUMBER,
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "12.00",
    "buyer_pay_amount": "11.00",
    "receipt_amount": "11.50",
    "gmt_create": "2026-11-24 11:59:50",
    "gmt_payment": "2026-11-24 11:59:58",
    "subject": "停车费 Parking fee",
    "buyer_id": "2088CANARYBUYER",
    "buyer_open_id": "canary-open-id",
    "buyer_logon_id": "138****0000",
    "fund_bill_list": '[{"amount":"12.00","fundChannel":"CANARYBANK"}]',
    "passback_params": "",
}


def notice(
    fields: Mapping[str, str],
    *,
    key: RSAPrivateKey = ALIPAYS,
    sign_type: str = "RSA2",
    kind: HashAlgorithm | None = None,
) -> bytes:
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    return urlencode({**fields, "sign": sign(key, text, kind), "sign_type": sign_type}).encode()


def answer(
    name: str,
    message: Any,
    *,
    key: RSAPrivateKey = ALIPAYS,
    kind: HashAlgorithm | None = None,
    wrap: str = '{{"{name}":{inner},"sign":"{sign}"}}',
) -> bytes:
    inner = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    return wrap.format(name=name, inner=inner, sign=sign(key, inner, kind)).encode()


HEADER = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,退款批次号/请求号,备注"
)
PAYMENT_ROW = (
    f"{TRADE_NO}\t,{NUMBER}\t,交易,停车费,2026-11-23 10:00:00,2026-11-23 10:00:05,,,,,**箱(138****0000),"
    "12.00,11.50,,"
)
REFUND_ROW = (
    f"{TRADE_NO}\t,{NUMBER}\t,退款,停车费,2026-11-23 10:00:00,2026-11-23 11:00:00,,,,,**箱(138****0000),"
    f"-5.00,-5.00,{REFUND_NUMBER}\t,"
)
SUMMARY = ("#支付宝业务汇总查询", "#账号：[20880000000000010156]", "合计,,1,1,12.00")


def table(
    *rows: str,
    paid: str = "1笔，商家实收共11.50元",
    back: str = "1笔，商家实收退款共-5.00元",
    account: str = f"{SELLER}0156",
    day: str = "2026年11月23日",
    header: str = HEADER,
    title: str = "#支付宝业务明细查询",
) -> list[str]:
    return [
        title,
        f"#账号：[{account}]",
        f"#起始日期：[{day} 00:00:00]   终止日期：[2026年11月24日 00:00:00]",
        "#-----------------业务明细列表----------------",
        header,
        *rows,
        "#---------------业务明细列表结束--------------",
        f"#交易合计：{paid}，商家优惠共0.00元",
        f"#退款合计：{back}，商家优惠退款共0.00元",
        "#导出时间：[2026年11月24日 09:00:00]",
    ]


WHOLE = table(PAYMENT_ROW, REFUND_ROW)


def packed(
    *tables: Sequence[str], names: Sequence[str] = (), encoding: str = "gbk", kind: int = zipfile.ZIP_DEFLATED
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        for at, lines in enumerate(tables):
            name = names[at] if names else f"{at}.csv"
            archive.writestr(name, "".join(f"{line}\r\n" for line in lines).encode(encoding))
    return file.getvalue()
