"""The trade bill: what it must be before a row of it is used, and what of it is read."""

import gzip
import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.transport import OutcomeUnknown
from payments.providers.contract import BillDamaged, BillNotReady, BillRow, Outcome, ProviderRefused
from payments.providers.wechat import WechatConfig
from payments.providers.wechat.wechat_bill import fee_milli_of, fen_of, read_bill
from payments.providers.wechat.wechat_config import BEIJING
from tests.payments.providers.wechat import known
from tests.payments.providers.wechat.conftest import OPENID, MakeProvider, WechatMerchant

DAY = date(2026, 11, 24)
COLUMNS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
NAMES = COLUMNS.split(",")
SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
PAID = {
    "交易时间": "2026-11-24 08:30:05",
    "公众账号ID": "wx0123456789abcdef",
    "商户号": "1900000109",
    "特约商户号": "0",
    "微信订单号": "4200000000202611240000000000",
    "商户订单号": "T" + "A" * 25,
    "用户标识": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
    "交易类型": "JSAPI",
    "交易状态": "SUCCESS",
    "付款银行": "CMB_CREDIT",
    "货币种类": "CNY",
    "应结订单金额": "11.00",
    "代金券金额": "1.00",
    "微信退款单号": "0",
    "商户退款单号": "0",
    "退款金额": "0.00",
    "充值券退款金额": "0.00",
    "商品名称": "停车费,含税",
    "手续费": "0.07000",
    "费率": "0.60%",
    "订单金额": "12.00",
    "申请退款金额": "0.00",
}
REFUNDED = PAID | {
    "交易时间": "2026-11-24 09:00:00",
    "交易状态": "REFUND",
    "应结订单金额": "0.00",
    "微信退款单号": "50300000002026112400000000000",
    "商户退款单号": "R" + "B" * 25,
    "退款金额": "4.50",
    "退款类型": "ORIGINAL",
    "退款状态": "SUCCESS",
    "手续费": "-0.03000",
    "订单金额": "0.00",
    "申请退款金额": "5.00",
}
CONFIG = WechatConfig.from_mapping(known.settings())


def text_of(
    *rows: dict[str, str], sums: str = "2,11.00,4.50,0.00,0.07,12.00,5.00", end: str = "\r\n"
) -> bytes:
    lines = [",".join(NAMES)]
    lines += [",".join(f"`{row.get(name, '')}" for name in NAMES) for row in rows]
    lines += [SUMS, ",".join(f"`{cell}" for cell in sums.split(","))]
    return ("\ufeff" + end.join(lines) + end).encode()


def rows_of(text: bytes, config: WechatConfig = CONFIG) -> list[BillRow]:
    return list(read_bill(config, DAY, gzip.compress(text), hashlib.sha1(text).hexdigest()))


def test_bill_rows_use_fen_and_utc() -> None:
    assert rows_of(text_of(PAID, REFUNDED)) == [
        BillRow(
            number="T" + "A" * 25,
            provider_number="4200000000202611240000000000",
            amount_fen=1200,
            at=datetime(2026, 11, 24, 0, 30, 5, tzinfo=UTC),
            fee_milli=7000,
        ),
        BillRow(
            number="T" + "A" * 25,
            provider_number="4200000000202611240000000000",
            amount_fen=500,
            at=datetime(2026, 11, 24, 1, tzinfo=UTC),
            refund_number="R" + "B" * 25,
            outcome=Outcome.REFUND_DONE,
            fee_milli=-3000,
        ),
    ]


def test_bill_rows_drop_payer_and_bank() -> None:
    rows = rows_of(text_of(PAID, REFUNDED))
    assert "oUpF8uMuAJO" not in repr(rows)
    assert "CMB" not in repr(rows)


def test_unix_line_endings_are_accepted() -> None:
    text = text_of(PAID, REFUNDED, end="\n")
    assert len(rows_of(text)) == len(rows_of(text.rstrip())) == 2


def test_added_columns_are_passed_over() -> None:
    lines = text_of(PAID, REFUNDED, end="\n").decode().splitlines()
    lines[:3] = [f"{lines[0]},门店,终端", *(f"{line},`1,`oUpF8uMuAJO" for line in lines[1:3])]
    assert rows_of("\n".join(lines).encode()) == rows_of(text_of(PAID, REFUNDED))


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("SUCCESS", Outcome.REFUND_DONE),
        ("PROCESSING", Outcome.REFUND_PENDING),
        ("CHANGE", Outcome.REFUND_ABNORMAL),
        ("FAIL", Outcome.REFUND_FAILED),
    ],
)
def test_bill_refund_state_is_read(state: str, outcome: Outcome) -> None:
    assert rows_of(text_of(PAID, REFUNDED | {"退款状态": state}))[1].outcome == outcome


@pytest.mark.parametrize(
    ("yuan", "milli"), [("0.07000", 7000), ("-0.03", -3000), ("0.00001", 1), ("12", 1_200_000), ("0", 0)]
)
def test_fee_is_parsed_exactly(yuan: str, milli: int) -> None:
    assert fee_milli_of(yuan) == milli


@pytest.mark.parametrize("yuan", ["", "1e2", "0.000001", "+1", "1,0", "--1", "１"])
def test_malformed_fee_is_refused(yuan: str) -> None:
    with pytest.raises(ValueError, match="fee"):
        fee_milli_of(yuan)


def test_partner_rows_match_sub_merchant() -> None:
    partner = WechatConfig.from_mapping(known.settings(sub_mchid="1900008888"))
    theirs = [row | {"特约商户号": "1900008888"} for row in (PAID, REFUNDED)]
    assert len(rows_of(text_of(*theirs), partner)) == 2
    with pytest.raises(BillDamaged):
        rows_of(text_of(PAID, REFUNDED), partner)


@pytest.mark.parametrize(
    "changed",
    [
        {"商户号": "1900000001"},
        {"货币种类": "USD"},
        {"交易时间": "2026-11-23 23:59:59"},
        {"交易时间": "2026-11-25 00:00:00"},
        {"交易时间": "2026/11/24 08:30:05"},
        {"交易时间": "2026-11-24 25:30:05"},
        {"商户订单号": ""},
        {"商户订单号": "=cmd()"},
        {"微信订单号": "-"},
        {"订单金额": "12.01"},
        {"订单金额": "12.000"},
        {"订单金额": "1,2.00"},
        {"订单金额": "-12.00"},
        {"订单金额": "1.2e1"},
        {"订单金额": "１２.00"},
        {"订单金额": ""},
        {"商品名称": "a,`b"},
        {"商品名称": "x" * 70000},
    ],
    ids=lambda changed: f"{changed}"[:40],
)
def test_bill_with_invalid_row_is_damaged(changed: dict[str, str]) -> None:
    with pytest.raises(BillDamaged) as damaged:
        rows_of(text_of(PAID | changed, REFUNDED))
    assert damaged.value.__context__ is None


@pytest.mark.parametrize(
    ("changed", "edit", "what"),
    [
        ({"商户号": "1900000001"}, ("", ""), "merchant"),
        ({"交易时间": "2026-11-23 23:59:59"}, ("", ""), "day"),
        ({}, ("申请退款金额", "退款"), "columns"),
        ({"货币种类": "USD"}, ("", ""), ""),
        ({}, ("总交易", "合计"), ""),
    ],
)
def test_damaged_bill_names_whose_it_is(changed: dict[str, str], edit: tuple[str, str], what: str) -> None:
    with pytest.raises(BillDamaged) as damaged:
        rows_of(text_of(PAID | changed, REFUNDED).decode().replace(*edit).encode())
    assert damaged.value.what == what


@pytest.mark.parametrize(
    "sums",
    [
        "3,11.00,4.50,0.00,0.07,12.00,5.00",
        "1,11.00,4.50,0.00,0.07,12.00,5.00",
        "2,11.00,4.50,0.00,0.07,12.01,5.00",
        "2,11.00,4.50,0.00,0.07,12.00,4.99",
        "2,11.00,4.50,0.00,0.07,12.00",
        "2.0,11.00,4.50,0.00,0.07,12.00,5.00",
        "x,11.00,4.50,0.00,0.07,12.00,5.00",
    ],
)
def test_bill_with_wrong_totals_is_damaged(sums: str) -> None:
    with pytest.raises(BillDamaged):
        rows_of(text_of(PAID, REFUNDED, sums=sums))


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: b"",
        lambda text: text[: text.index("总交易".encode())],
        lambda text: text[: len(text) // 2],
        lambda text: text.rstrip()[:-20],
        lambda text: text + b"`more\r\n",
        lambda text: text.replace("申请退款金额".encode(), "退款".encode()),
        lambda text: text.replace(b"`2026", b"2026"),
        lambda text: text.replace("停车费".encode(), b"\xff\xfe"),
        lambda text: text.replace(b"4200000000", b"42000\x0000"),
    ],
)
def test_truncated_or_altered_bill_is_damaged(edit: object) -> None:
    assert callable(edit)
    with pytest.raises(BillDamaged) as damaged:
        rows_of(edit(text_of(PAID, REFUNDED)))
    assert damaged.value.__context__ is None


def test_bad_gzip_or_hash_is_damaged() -> None:
    text = text_of(PAID, REFUNDED)
    file, sha1 = gzip.compress(text), hashlib.sha1(text).hexdigest()
    assert len(list(read_bill(CONFIG, DAY, file, sha1.upper()))) == 2
    for damaged, its_hash in (
        (b"", sha1),
        (text, sha1),
        (file[:-1], sha1),
        (file[: len(file) // 2], sha1),
        (file + b"x", sha1),
        (file, "0" * 40),
        (file, hashlib.sha1(file).hexdigest()),
    ):
        with pytest.raises(BillDamaged):
            list(read_bill(CONFIG, DAY, damaged, its_hash))


def test_oversized_bill_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.providers.wechat.wechat_bill.MAX_TEXT", 300_000)
    rows = [PAID | {"商户订单号": f"N{index:030d}"} for index in range(2000)]
    with pytest.raises(BillDamaged):
        rows_of(text_of(*rows, sums="2000,22000.00,0.00,0.00,0.00,24000.00,0.00"))


def test_large_bill_is_streamed() -> None:
    rows = [PAID | {"商户订单号": f"N{index:030d}"} for index in range(5000)]
    text = text_of(*rows, sums="5000,55000.00,0.00,0.00,350.00,60000.00,0.00")
    reading = read_bill(CONFIG, DAY, gzip.compress(text), "0" * 40)
    assert next(reading).number == "N" + "0" * 30
    with pytest.raises(BillDamaged):  # the hash is known only at the end
        list(reading)


@given(st.integers(0, 10**12 - 1))
def test_fen_survive_yuan_formatting(fen: int) -> None:
    assert fen_of(f"{fen // 100}.{fen % 100:02d}") == fen


def test_gzip_bomb_is_refused() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024), 1)
    with pytest.raises(BillDamaged):
        list(read_bill(CONFIG, DAY, bomb, "0" * 40))


@given(st.text(max_size=12))
def test_parsed_yuan_is_plain_decimal(text: str) -> None:
    try:
        fen = fen_of(text)
    except ValueError:
        return
    assert set(text) <= set("0123456789.")
    whole, _, rest = text.partition(".")
    assert f"{fen:03d}" == (whole + rest.ljust(2, "0")).lstrip("0").rjust(3, "0")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "1.",
        ".5",
        "01",
        "1.234",
        "-1",
        "+1",
        "1,000.00",
        "1e2",
        " 1",
        "1 ",
        "１",
        "19.99\n",
        "NaN",
        "0x1",
    ],
)
def test_malformed_yuan_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^amount$"):
        fen_of(text)


# against the sandbox


def today() -> date:
    return datetime.now(BEIJING).date()


def test_daily_bill_lists_payments_and_refunds(merchant: WechatMerchant) -> None:
    order = merchant.paid(amount_fen=1999)
    refund = merchant.refund_of(order, 999)
    merchant.provider.refund(refund)
    merchant.opened()
    rows = list(merchant.provider.fetch_bill(today()))
    mine = [row for row in rows if row.number == order.number]
    assert [(row.amount_fen, row.refund_number) for row in mine] == [(1999, ""), (999, refund.number)]
    statement = merchant.provider.query(order.number)
    assert statement.at
    assert (mine[0].provider_number, mine[0].at) == (statement.provider_number, statement.at)
    assert OPENID not in repr(rows)


def test_partner_merchant_has_own_bill(merchant: WechatMerchant, make_provider: MakeProvider) -> None:
    ours = merchant.paid()
    partner = WechatMerchant(merchant.server, make_provider(sub_mchid="1900007777"))
    theirs = partner.paid()
    assert theirs.number in {row.number for row in partner.provider.fetch_bill(today())}
    assert ours.number not in {row.number for row in partner.provider.fetch_bill(today())}
    assert theirs.number not in {row.number for row in merchant.provider.fetch_bill(today())}


def test_an_empty_day_has_no_rows(merchant: WechatMerchant) -> None:
    assert list(merchant.provider.fetch_bill(today() - timedelta(days=30))) == []


def test_pending_bill_can_be_requested_again(merchant: WechatMerchant) -> None:
    merchant.paid()
    merchant.server.fault("bill_not_ready")
    with pytest.raises(BillNotReady):
        list(merchant.provider.fetch_bill(today()))
    assert list(merchant.provider.fetch_bill(today()))


@pytest.mark.parametrize("how", ["hash", "cut", "sum", "gzip"])
def test_a_damaged_bill_is_not_used(merchant: WechatMerchant, how: str) -> None:
    merchant.paid()
    merchant.server.fault("bill_damaged", how=how)
    with pytest.raises(BillDamaged):
        list(merchant.provider.fetch_bill(today()))


def test_unsigned_bill_answer_is_unknown(merchant: WechatMerchant) -> None:
    merchant.paid()
    merchant.server.fault("unsigned", on="GET /v3/bill/tradebill")
    with pytest.raises(OutcomeUnknown):
        list(merchant.provider.fetch_bill(today()))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"hash_type": "MD5"}, BillDamaged),
        ({"hash_value": "short"}, OutcomeUnknown),
        ({"download_url": "http://203.0.113.1/elsewhere?token=1"}, OutcomeUnknown),
        ({"download_url": "http://203.0.113.1/v3/certificates?"}, OutcomeUnknown),
        ({"download_url": "ftp://x/v3/billdownload/file"}, OutcomeUnknown),
        ({"download_url": "https://203.0.113.1/v3/billdownload/file?token=1"}, ProviderRefused),
    ],
    ids=str,
)
def test_bill_signature_stays_on_own_host(
    merchant: WechatMerchant, fields: dict[str, str], error: type[Exception]
) -> None:
    merchant.paid()
    merchant.server.fault("answer_changed", fields=fields)
    with pytest.raises(error):
        list(merchant.provider.fetch_bill(today()))
