"""The daily bill (业务账单): a signed answer names an address, for 30 seconds, of a ZIP of GBK tables.

The ZIP itself is not signed. It stays in memory, and its tables are read as a stream.
"""

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from core.transport import OutcomeUnknown, Transport
from payments.providers.alipay.alipay_client import Gateway
from payments.providers.alipay.alipay_config import AlipayConfig
from payments.providers.alipay.alipay_values import BEIJING
from payments.providers.alipay.bill_archive import WRONG, tables
from payments.providers.alipay.bill_table import read_table
from payments.providers.contract import BillDamaged, BillNotReady, BillRow, ProviderRefused

ADDRESS = re.compile(r"https?://[!-~]{1,2000}", re.ASCII)
WHAT = {"account": "merchant", "day": "day", "columns": "columns"}  # of `BillDamaged`, by what was raised
MAX_ZIP = 32 * 1024 * 1024
DOWNLOAD_SECONDS = 60.0
SURELY_MADE = time(12)  # bills come at nine or ten in the morning, at times later


def fetch(
    gateway: Gateway, downloads: Transport, config: AlipayConfig, day: date, at: datetime
) -> Iterator[BillRow]:
    """Return the rows of a Beijing day as they are read; see `Provider.fetch_bill`.

    "There is no bill" means an empty day, or that it is still being made: only the hour tells.
    """
    if day >= at.astimezone(BEIJING).date():
        raise BillNotReady("the day is not over")
    try:
        answer = gateway.call(
            "alipay.data.dataservice.bill.downloadurl.query",
            {"bill_type": "trade", "bill_date": day.isoformat()},
        )
    except ProviderRefused as refused:
        made = datetime.combine(day + timedelta(days=1), SURELY_MADE, BEIJING) <= at
        if refused.reason == "no_bill_data" or (refused.reason == "bill_not_exist" and made):
            return iter(())
        if refused.reason != "bill_not_exist":
            raise
    else:
        return _rows(_download(downloads, answer.get("bill_download_url"), config), config.seller_id, day)
    raise BillNotReady("no bill yet")


def _download(downloads: Transport, address: object, config: AlipayConfig) -> bytes:
    if not isinstance(address, str) or not ADDRESS.fullmatch(address):
        raise OutcomeUnknown("an answer that makes no sense")
    if config.gateway.startswith("https:"):  # Alipay has named plain addresses; the bill is not signed
        address = re.sub(r"\Ahttp:", "https:", address)
    reply = downloads.send("GET", address, {}, b"")
    if reply.status != 200:
        raise OutcomeUnknown("no usable answer")
    return reply.body


def _rows(content: bytes, seller_id: str, day: date) -> Iterator[BillRow]:
    """Read every table of the ZIP. A fault names the table and quotes nothing from it."""
    whole, what = False, ""
    try:
        details = 0
        for lines in tables(content):
            details += yield from read_table(lines, seller_id, day)
        whole = details > 0
    except (csv.Error, *WRONG) as fault:  # raised again below: this one would carry a piece of the bill
        what = WHAT.get(str(fault), "")
    if not whole:
        raise BillDamaged("the bill is cut, changed or of something else", what=what)
