"""The daily bill: read whole or not at all, and with nothing of the buyers in it."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.transport import OutcomeUnknown
from payments.providers.alipay import bill_archive
from payments.providers.contract import BillDamaged, BillNotReady, BillRow, Outcome, ProviderRefused
from tests.payments.providers.alipay.made import (
    HEADER,
    NUMBER,
    PAYMENT_ROW,
    REFUND_NUMBER,
    REFUND_ROW,
    SUMMARY,
    TRADE_NO,
    WHOLE,
    Says,
    answer,
    packed,
    provider,
    table,
)

DAY = date(2026, 11, 23)
URL = "alipay_data_dataservice_bill_downloadurl_query_response"
BILL_URL_ANSWER = {"code": "10000", "bill_download_url": "http://dwbillcenter.alipay.com/bill?fileId=1"}


def bill(content: bytes, day: date = DAY, status: int = 200) -> list[BillRow]:
    return list(provider(Says(answer(URL, BILL_URL_ANSWER)), downloads=Says(content, status)).fetch_bill(day))


def test_bill_rows_omit_buyer_data() -> None:
    rows = bill(packed(WHOLE, SUMMARY))
    assert rows == [
        BillRow(NUMBER, TRADE_NO, 1200, datetime(2026, 11, 23, 2, 0, 5, tzinfo=UTC)),
        BillRow(
            NUMBER, TRADE_NO, 500, datetime(2026, 11, 23, 3, tzinfo=UTC), REFUND_NUMBER, Outcome.REFUND_DONE
        ),
    ]


def test_refund_without_minus_is_read() -> None:
    assert (
        bill(packed(table(PAYMENT_ROW, REFUND_ROW.replace("-5.00,-5.00", "5.00,5.00"))))[1].amount_fen == 500
    )


def test_unnumbered_refund_gets_derived_number() -> None:
    row = bill(packed(table(PAYMENT_ROW, REFUND_ROW.replace(REFUND_NUMBER, ""))))[1]
    assert row.refund_number == f"{TRADE_NO}-20261123110000"


def test_columns_are_found_by_name() -> None:
    moved = [",".join(["门店", *line.split(",")]) if "," in line else line for line in WHOLE]
    assert bill(packed(moved)) == bill(packed(WHOLE))


def test_empty_trade_table_is_accepted() -> None:
    empty = table(paid="0笔，商家实收共0.00元", back="0笔，商家实收退款共0.00元")
    assert bill(packed(empty, SUMMARY)) == []


def test_quoted_column_is_read() -> None:
    row = PAYMENT_ROW.replace("停车费", '"停车费, 一号 ""库"""')
    assert len(bill(packed(table(row, REFUND_ROW)))) == 2


DAMAGED = {
    "no ZIP": b"<html>expired</html>",
    "empty": b"",
    "cut ZIP": packed(WHOLE)[:-30],
    "changed byte": packed(WHOLE, kind=zipfile.ZIP_STORED).replace(b"12.00", b"13.00"),
    "no table": packed(),
    "only the summary": packed(SUMMARY),
    "a row less": packed(table(PAYMENT_ROW)),
    "a row twice": packed(table(PAYMENT_ROW, PAYMENT_ROW, REFUND_ROW)),
    "another sum": packed(table(PAYMENT_ROW.replace("11.50", "11.40"), REFUND_ROW)),
    "another refund sum": packed(table(PAYMENT_ROW, REFUND_ROW.replace("-5.00,-5.00", "-5.00,-4.00"))),
    "no totals": packed(WHOLE[:-3]),
    "one total": packed(WHOLE[:-2]),
    "totals twice": packed([*WHOLE, *WHOLE[-3:-1]]),
    "no end": packed(WHOLE[:7]),
    "no header": packed(WHOLE[:4]),
    "another account": packed(table(PAYMENT_ROW, REFUND_ROW, account="20880000000000090156")),
    "another day": packed(table(PAYMENT_ROW, REFUND_ROW, day="2026年11月22日")),
    "an impossible day": packed(table(PAYMENT_ROW, REFUND_ROW, day="2026年13月45日")),
    "another kind of table": packed(table(PAYMENT_ROW, REFUND_ROW, title="#支付宝账务明细查询")),
    "a column less": packed(table(PAYMENT_ROW, REFUND_ROW, header=HEADER.replace("商家实收", "实收"))),
    "a column twice": packed(table(PAYMENT_ROW, REFUND_ROW, header=HEADER.replace("备注", "商户订单号"))),
    "a cell less": packed(table(PAYMENT_ROW[:-1], REFUND_ROW)),
    "a kind of its own": packed(table(PAYMENT_ROW.replace("交易", "转账"), REFUND_ROW)),
    "an odd amount": packed(table(PAYMENT_ROW.replace("12.00", "1e2"), REFUND_ROW)),
    "a negative payment": packed(table(PAYMENT_ROW.replace("12.00", "-12.00"), REFUND_ROW)),
    "an odd time": packed(table(PAYMENT_ROW.replace(" 10:00:05", ""), REFUND_ROW)),
    "no number": packed(table(PAYMENT_ROW.replace(NUMBER, ""), REFUND_ROW)),
    "a refund with an odd number": packed(table(PAYMENT_ROW, REFUND_ROW.replace(REFUND_NUMBER, "一"))),
    "UTF-16": packed(WHOLE, encoding="utf-16"),
    "a line without end": packed([*WHOLE, "#" + "x" * bill_archive.LONGEST_LINE]),
    "another mark before the end": packed([*WHOLE[:7], "#另一段", *WHOLE[7:]]),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_bill_is_refused(content: bytes) -> None:
    with pytest.raises(BillDamaged) as damaged:
        bill(content)
    assert damaged.value.__context__ is None
    assert NUMBER not in str(damaged.value)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("another account", "merchant"),
        ("another day", "day"),
        ("a column less", "columns"),
        ("cut ZIP", ""),
        ("another sum", ""),
    ],
)
def test_damaged_bill_names_whose_it_is(name: str, what: str) -> None:
    with pytest.raises(BillDamaged) as damaged:
        bill(DAMAGED[name])
    assert damaged.value.what == what


NAMES = [
    "../a.csv",
    "/a.csv",
    "a/b.csv",
    "a\\b.csv",
    ".csv",
    "a.exe",
    "C:a.csv",
    "a\n.csv",
    "a" * 200 + ".csv",
]


@pytest.mark.parametrize("name", NAMES)
def test_unsafe_member_name_is_refused(name: str) -> None:
    with pytest.raises(BillDamaged):
        bill(packed(WHOLE, names=[name]))


def test_names_in_gbk_are_read() -> None:
    content = packed(WHOLE, names=["AAAA.csv"]).replace(b"AAAA.csv", "明细".encode("gbk") + b".csv")
    assert len(bill(content)) == 2


def test_too_many_members_are_refused() -> None:
    assert len(bill(packed(*[WHOLE] * bill_archive.MOST_MEMBERS))) == 2 * bill_archive.MOST_MEMBERS
    with pytest.raises(BillDamaged):
        bill(packed(*[WHOLE] * (bill_archive.MOST_MEMBERS + 1)))


def test_zip_bomb_is_refused_before_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped,
        zipped.open("a.csv", "w", force_zip64=True) as big,
    ):
        for _ in range(257):
            big.write(bytes(1024 * 1024))
    monkeypatch.setattr(zipfile.ZipFile, "open", _fail_if_unpacked)
    with pytest.raises(BillDamaged):
        bill(file.getvalue())


def _fail_if_unpacked(*_: Any, **__: Any) -> None:
    raise AssertionError("unpacked")


def test_understated_zip_size_is_refused() -> None:
    """A member may unpack to no more than it says, and then its check sum is wrong."""
    content = bytearray(packed([*WHOLE, "#" * 8000, "#" * 8000]))
    true = (sum(len(f"{line}\r\n".encode("gbk")) for line in WHOLE) + 2 * 8002).to_bytes(4, "little")
    assert content.count(true) == 2
    with pytest.raises(BillDamaged):
        bill(bytes(content.replace(true, (1200).to_bytes(4, "little"))))


@pytest.mark.parametrize(("name", "why"), [("inner.zip", "name"), ("inner.csv", "gb18030|line")])
def test_nested_zip_is_not_opened(name: str, why: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as outer:
        outer.writestr(name, packed(WHOLE))
    with pytest.raises(ValueError, match=why):
        [list(lines) for lines in bill_archive.tables(file.getvalue())]
    with pytest.raises(BillDamaged):
        bill(file.getvalue())


def test_oversized_zip_claim_is_refused() -> None:
    content = bytearray(packed(WHOLE))
    central = content.index(b"PK\x01\x02")
    content[central + 24 : central + 28] = (10**9).to_bytes(4, "little")
    with pytest.raises(ValueError, match=r"^size$"):
        next(bill_archive.tables(bytes(content)))


@pytest.mark.parametrize("flag", [0x1, 0x41])
def test_an_encrypted_member_is_refused(flag: int) -> None:
    content = packed(WHOLE)
    central = content.index(b"PK\x01\x02")
    changed = content[:6] + bytes([flag]) + content[7 : central + 8] + bytes([flag]) + content[central + 9 :]
    with pytest.raises(BillDamaged):
        bill(changed)


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unsupported_compression_is_refused(kind: int) -> None:
    with pytest.raises(BillDamaged):
        bill(packed(WHOLE, kind=kind))


@given(
    st.binary(max_size=300)
    | st.integers(0, 700).flatmap(
        lambda at: st.binary(min_size=1, max_size=3).map(lambda new: _corrupted(at, new))
    )
)
def test_corrupted_bill_never_yields_wrong_rows(content: bytes) -> None:
    try:
        rows = bill(content)
    except BillDamaged:
        return
    assert [row.amount_fen for row in rows] == [1200, 500]


def _corrupted(at: int, new: bytes) -> bytes:
    content = packed(WHOLE, SUMMARY)
    return content[:at] + new + content[at + len(new) :]


def test_bill_rows_are_streamed() -> None:
    rows: Iterator[BillRow] = provider(
        Says(answer(URL, BILL_URL_ANSWER)), downloads=Says(packed(table(PAYMENT_ROW)))
    ).fetch_bill(DAY)
    assert next(rows).amount_fen == 1200
    with pytest.raises(BillDamaged):
        next(rows)


# whether there is one


def no_bill(sub_code: str, at: datetime, day: date = DAY) -> list[BillRow]:
    reply = answer(URL, {"code": "40004", "sub_code": sub_code})
    return list(provider(Says(reply), at=at).fetch_bill(day))


MORNING = datetime(2026, 11, 24, 3, 59, tzinfo=UTC)  # one minute before twelve in Beijing


@pytest.mark.parametrize("sub_code", ["isp.bill_not_exist", "BILL_NOT_EXIST"])
def test_missing_bill_is_empty_after_noon(sub_code: str) -> None:
    with pytest.raises(BillNotReady):
        no_bill(sub_code, MORNING)
    assert no_bill(sub_code, MORNING + timedelta(minutes=1)) == []


def test_no_data_answer_is_empty_day() -> None:
    assert no_bill("isp.NO_BILL_DATA", MORNING) == []


def test_other_refusals_are_final() -> None:
    with pytest.raises(ProviderRefused, match="invalid_arguments"):
        no_bill("isv.invalid-arguments", MORNING)


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2026, 11, 25)])
def test_unfinished_day_is_not_requested(day: date) -> None:
    with pytest.raises(BillNotReady):
        provider().fetch_bill(day)


def test_bill_download_uses_tls() -> None:
    downloads = Says(packed(WHOLE))
    list(provider(Says(answer(URL, BILL_URL_ANSWER)), downloads=downloads).fetch_bill(DAY))
    assert downloads.asked == [("GET", "https://dwbillcenter.alipay.com/bill?fileId=1", b"")]


@pytest.mark.parametrize("address", [None, "", "ftp://a/b", "file:///etc/hosts", "https://a b", 1])
def test_invalid_bill_url_is_not_followed(address: object) -> None:
    reply = answer(URL, BILL_URL_ANSWER | {"bill_download_url": address})
    with pytest.raises(OutcomeUnknown):
        provider(Says(reply)).fetch_bill(DAY)


def test_expired_bill_download_is_unknown() -> None:
    with pytest.raises(OutcomeUnknown):
        bill(b"<html>expired</html>", status=403)
