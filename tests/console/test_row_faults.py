"""Faults of a file's rows: each reason once, with its rows as ranges."""

from django.utils import translation

from console.row_faults import MOST_RANGES, MOST_REASONS, row_faults


def lines(faults):
    with translation.override("en"):
        return row_faults(faults)[:-1]


def test_rows_of_one_reason_are_ranges():
    assert lines([(number, "bad") for number in (2, 3, 4, 7, 9, 10)]) == ["Rows 2–4, 7, 9–10 (6 rows): bad"]


def test_reasons_stand_by_their_first_rows():
    assert lines([(2, "a"), (3, "b"), (4, "a")]) == ["Rows 2, 4 (2 rows): a", "Row 3: b"]


def test_many_ranges_are_cut_but_counted():
    odd = range(1, 4 * MOST_RANGES, 2)
    (line,) = lines([(number, "bad") for number in odd])
    assert line.endswith(f"{2 * MOST_RANGES - 1}, … ({len(odd)} rows): bad")


def test_many_reasons_are_cut_but_counted():
    found = lines([(number, f"bad {number}") for number in range(MOST_REASONS + 5)])
    assert len(found) == MOST_REASONS + 1
    assert found[-1] == "… and 5 more rows."
