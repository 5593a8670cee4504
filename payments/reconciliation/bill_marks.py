"""Marks: which day's bill has a payment (`BillMark`).

Nearly all rows of a bill agree. They are found, compared and marked in the database, a batch at a time; what
is left, and refunds, is judged row by row (`bill_comparison`), which comes to the same verdicts.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from django.db import connection

from core import hot_sql
from payments.models.closing_models import BillMark, BillRun
from payments.providers.contract import BillRow

SEPARATOR = "\x1f"  # stands in no number of a channel

# LIMIT, though a number is unique, makes PostgreSQL look each row up by its index. It does not know how many
# rows a batch has, and new marks are in no statistics yet: as a join, it read both tables for each batch.
_MARK_POSTGRESQL = """
WITH agreed AS (
    SELECT p.id, p.number, p.lot_id
    FROM unnest(string_to_array(%s, chr(31)), string_to_array(%s, chr(31))::bigint[],
        string_to_array(%s, chr(31))) AS n (number, fen, theirs)
    CROSS JOIN LATERAL (
        SELECT q.id, q.number, q.lot_id, q.state, q.amount_fen, q.provider_number,
            (SELECT m.day FROM payments_billmark m WHERE m.payment_id = q.id) AS marked
        FROM payments_payment q
        WHERE q.number = n.number AND q.provider = %s AND q.merchant = %s LIMIT 1) p
    WHERE p.marked IS NULL AND p.state = 'paid' AND p.amount_fen = n.fen
        AND (p.provider_number IS NULL OR p.provider_number = n.theirs)),
marked AS (INSERT INTO payments_billmark (payment_id, day) SELECT id, %s::date FROM agreed
    ON CONFLICT DO NOTHING)
SELECT number, lot_id FROM agreed
"""
# CROSS JOIN keeps SQLite from looking through the whole list at each payment; it has no idea of its length.
_FIND_SQLITE = """
SELECT p.number, p.lot_id, p.id
FROM (SELECT json_extract(value, '$[0]') AS number, json_extract(value, '$[1]') AS fen,
        json_extract(value, '$[2]') AS theirs FROM json_each(%s)) AS n
    CROSS JOIN payments_payment p ON p.number = n.number AND p.provider = %s AND p.merchant = %s
    LEFT JOIN payments_billmark m ON m.payment_id = p.id
WHERE m.payment_id IS NULL AND p.state = 'paid' AND p.amount_fen = n.fen
    AND (p.provider_number IS NULL OR p.provider_number = n.theirs)
"""


def mark_agreeing(provider: str, merchant: str, day: date, batch: Sequence[BillRow]) -> dict[str, int]:
    """Mark the payments that agree with their rows; return the lot of each by our number.

    A payment that has a mark already, or two rows in the batch, does not agree here. The caller is in a
    transaction.
    """
    names = Counter(row.refund_number or row.number for row in batch)
    single = [row for row in batch if not row.refund_number and names[row.number] == 1]
    if not single:
        return {}
    if connection.vendor != "postgresql":
        return _mark_on_sqlite(provider, merchant, day, single)
    lists = [
        SEPARATOR.join([row.number for row in single]),
        SEPARATOR.join([str(row.amount_fen) for row in single]),
        SEPARATOR.join([row.provider_number for row in single]),
    ]
    if any(text.count(SEPARATOR) != len(single) - 1 for text in lists):
        return {}
    found = hot_sql.rows(_MARK_POSTGRESQL, [*lists, provider, merchant, day])
    return {number: lot for number, lot in found}  # noqa: C416 - rows are no pairs to the type checker


def _mark_on_sqlite(provider: str, merchant: str, day: date, rows: Sequence[BillRow]) -> dict[str, int]:
    named = json.dumps([[row.number, row.amount_fen, row.provider_number] for row in rows])
    with connection.cursor() as cursor:
        cursor.execute(_FIND_SQLITE, [named, provider, merchant])
        found = cursor.fetchall()
        cursor.executemany(
            "INSERT INTO payments_billmark (payment_id, day) VALUES (%s, %s)",
            [(payment, day) for _, _, payment in found],
        )
    return {number: lot for number, lot, _ in found}


def mark(payments: Iterable[int], day: date) -> None:
    """Note that this day's bill has these payments; one that has a mark gets this one."""
    BillMark.objects.bulk_create(
        [BillMark(payment_id=payment, day=day) for payment in payments],
        update_conflicts=True,
        unique_fields=["payment"],
        update_fields=["day"],
    )


def take_back(run: BillRun) -> None:
    """Remove the marks that a run's bill has made."""
    ours = BillMark.objects.filter(payment__provider=run.provider, payment__merchant=run.merchant)
    ours.filter(day=run.day).delete()
