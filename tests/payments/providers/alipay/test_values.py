"""Yuan and Beijing times at Alipay's edge: text one way and the other, never a float."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.providers.alipay import alipay_values


@given(st.integers(1, alipay_values.DEAREST_FEN))
def test_fen_yuan_round_trip(amount_fen: int) -> None:
    text = alipay_values.yuan(amount_fen)
    assert (
        alipay_values.fen_of(text) == alipay_values.fen({"total_amount": text}, "total_amount") == amount_fen
    )
    assert text == f"{text.rpartition('.')[0]}.{text[-2:]}"


@pytest.mark.parametrize(
    ("amount_fen", "text"),
    [(1, "0.01"), (10, "0.10"), (1205, "12.05"), (1999, "19.99"), (10**10, "100000000.00")],
)
def test_yuan_have_two_decimals(amount_fen: int, text: str) -> None:
    assert alipay_values.yuan(amount_fen) == text


@pytest.mark.parametrize("amount_fen", [0, -1, 10**10 + 1, 12.0, True, "12"])
def test_out_of_range_amount_is_rejected(amount_fen: int) -> None:
    with pytest.raises(ValueError, match="amount_fen"):
        alipay_values.yuan(amount_fen)


@pytest.mark.parametrize(
    ("text", "amount_fen"),
    [("12", 1200), ("12.5", 1250), ("0.07", 7), ("-3.10", -310), ("0", 0), ("0.00", 0)],
)
def test_yuan_text_parses_to_fen(text: str, amount_fen: int) -> None:
    assert alipay_values.fen_of(text) == amount_fen


MALFORMED_AMOUNTS = [
    "",
    "1e2",
    "1,000.00",
    "+1",
    " 1",
    "1 ",
    "1.",
    ".5",
    "01",
    "1.234",
    "１２.00",
    "NaN",
    "0x1",
    "1_0",
    "--1",
    "9" * 11,
]


@pytest.mark.parametrize("text", MALFORMED_AMOUNTS)
def test_malformed_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^yuan$"):
        alipay_values.fen_of(text)
    with pytest.raises(ValueError, match=r"^total_amount$"):
        alipay_values.fen({"total_amount": text}, "total_amount")


@pytest.mark.parametrize("value", [12.0, 12, True, None, ["1"], "0", "0.00", "-1.00"])
def test_order_amount_must_be_positive_text(value: object) -> None:
    with pytest.raises(ValueError, match=r"^total_amount$"):
        alipay_values.fen({"total_amount": value}, "total_amount")


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001
    st.integers(-12, 14),
)
def test_beijing_time_round_trip(at: datetime, hours: int) -> None:
    somewhere = at.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert alipay_values.moment({"at": alipay_values.beijing(somewhere)}, "at") == somewhere


def test_beijing_is_eight_hours_ahead() -> None:
    noon = datetime(2026, 11, 24, 4, tzinfo=UTC)
    assert alipay_values.beijing(noon) == "2026-11-24 12:00:00"
    assert alipay_values.moment({"at": "2026-11-24 12:00:00.320"}, "at") == noon + timedelta(milliseconds=320)


@pytest.mark.parametrize(
    "text", ["", "2026-11-24", "2026-11-24T12:00:00", "2026-13-01 00:00:00", "2026-11-24 12:00:00Z", 1]
)
def test_malformed_time_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"^(?!.*2026-11-24 12)"):
        alipay_values.moment({"at": text}, "at")
