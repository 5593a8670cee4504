"""One table of the bill, row by row. The buyer's account and all that is not named here is dropped at once.

A table says whose it is and of which day, and ends with how many payments and refunds it holds and what
they sum to. A table that does not hold just that was cut or changed.
"""

import csv
import re
from collections.abc import Generator, Iterator, Sequence
from datetime import date

from payments.providers import message_fields
from payments.providers.alipay import alipay_values
from payments.providers.contract import BillRow, Outcome

_DETAIL, _SUMMARY, _END = "业务明细查询", "业务汇总查询", "业务明细列表结束"
_TRADE_NO, _NUMBER, _REFUND_NO = "支付宝交易号", "商户订单号", "退款批次号/请求号"
_KIND, _DONE_AT, _AMOUNT, _RECEIVED = "业务类型", "完成时间", "订单金额（元）", "商家实收（元）"
_FEE = "服务费（元）"  # not in every bill
_COLUMNS = (_TRADE_NO, _NUMBER, _KIND, _DONE_AT, _AMOUNT, _RECEIVED, _REFUND_NO)
_PAYMENT, _REFUND = "交易", "退款"
_ACCOUNT = re.compile(r"#账号：\[([0-9]{16})(?:0156)?\]", re.ASCII)
_FROM = re.compile(r"#起始日期：\[(20[0-9]{2})年([0-9]{2})月([0-9]{2})日 00:00:00\]", re.ASCII)
_TOTAL = re.compile(
    r"#(交易|退款)合计：([0-9]{1,9})笔，商家实收(?:退款)?共(-?[0-9]{1,10}(?:\.[0-9]{1,2})?)元", re.ASCII
)
_ID = re.compile(r"[!-~]{1,64}", re.ASCII)


def read_table(lines: Iterator[str], seller_id: str, day: date) -> Generator[BillRow, None, bool]:
    """Yield the rows of a detail table; return False where it is the summary by shops, which is passed over.

    Raises `ValueError` where it is damaged, of another account or of another day.
    """
    title = next(lines, "")
    if _SUMMARY in title:
        return False
    if _DETAIL not in title:
        raise ValueError("title")
    cells = csv.reader(lines)
    heading = _heading(cells, seller_id, day)
    columns = _columns(heading)
    seen = {_PAYMENT: [0, 0], _REFUND: [0, 0]}
    for line in cells:
        if line and line[0].startswith("#"):
            if _END not in line[0]:
                raise ValueError("end")
            break
        if len(line) != len(heading):
            raise ValueError("row")
        row = {name: line[at].strip() for name, at in columns.items()}
        kind = message_fields.choice(row, _KIND, {_PAYMENT: _PAYMENT, _REFUND: _REFUND})
        seen[kind][0] += 1
        seen[kind][1] += alipay_values.fen_of(row[_RECEIVED])
        yield _row(row, kind)
    if _totals(cells) != {kind: (count, abs(sum_fen)) for kind, (count, sum_fen) in seen.items()}:
        raise ValueError("totals")
    return True


def _heading(cells: Iterator[list[str]], seller_id: str, day: date) -> Sequence[str]:
    """Check whose table it is and of which day; return the names of its columns."""
    account = start = None
    for line in cells:
        if not line or not line[0].startswith("#"):
            break
        account = account or _ACCOUNT.match(line[0])
        start = start or _FROM.match(line[0])
    else:
        raise ValueError("columns")
    if account is None or account[1] != seller_id:
        raise ValueError("account")
    if start is None or date(*map(int, start.groups())) != day:
        raise ValueError("day")
    return line


def _columns(heading: Sequence[str]) -> dict[str, int]:
    """Return where the columns stand that we keep: by name, since Alipay has added others."""
    names = [name.strip() for name in heading]
    if any(names.count(name) != 1 for name in _COLUMNS):
        raise ValueError("columns")
    return {name: names.index(name) for name in (*_COLUMNS, _FEE) if name in names}


def _row(row: dict[str, str], kind: str) -> BillRow:
    amount_fen, is_refund = alipay_values.fen_of(row[_AMOUNT]), kind == _REFUND
    if is_refund:
        amount_fen = abs(amount_fen)  # stands there with a minus
    if amount_fen <= 0:
        raise ValueError(_AMOUNT)
    fee_milli = (
        abs(alipay_values.fen_of(row.get(_FEE) or "0")) * 1000
    )  # its sign differs from bill to bill; its sense does not
    return BillRow(
        number=message_fields.text(row, _NUMBER, _ID),
        provider_number=message_fields.text(row, _TRADE_NO, _ID),
        amount_fen=amount_fen,
        at=alipay_values.moment(row, _DONE_AT),
        refund_number=_refund_number(row) if is_refund else "",
        outcome=Outcome.REFUND_DONE if is_refund else Outcome.PAID,
        fee_milli=-fee_milli if is_refund else fee_milli,
    )


def _refund_number(row: dict[str, str]) -> str:
    """Return the refund's number; one made by hand at Alipay may have none, and gets one by its second."""
    if row[_REFUND_NO]:
        return message_fields.text(row, _REFUND_NO, _ID)
    digits = re.sub(r"[^0-9]", "", row[_DONE_AT])
    return f"{row[_TRADE_NO][-40:]}-{digits[:14]}"


def _totals(cells: Iterator[list[str]]) -> dict[str, tuple[int, int]]:
    """Return count and sum of payments and of refunds, as the table states them."""
    found = [total for line in cells if line and (total := _TOTAL.match(line[0]))]
    if len(found) != len({total[1] for total in found}):
        raise ValueError("totals")
    return {total[1]: (int(total[2]), abs(alipay_values.fen_of(total[3]))) for total in found}
