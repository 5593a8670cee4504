"""Amounts and times as a person in a hurry types them: understood, or refused with an example."""

from datetime import date

import pytest
from django.forms import ValidationError

from console.invoice_forms import IssuedForm
from console.list_filters import DayField, MomentField
from console.money_forms import YuanField


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("12.5", 1250),
        ("１２．５", 1250),
        ("12。5", 1250),
        ("¥12.50", 1250),
        ("￥ 12.50", 1250),
        ("12元", 1200),
        ("12.50 元", 1250),
        ("15块", 1500),
        ("rmb 12", 1200),
        ("1,200", 120000),
        ("1，234.50", 123450),
        (" 0 ", 0),
        ("", None),
    ],
)
def test_amount_is_understood(text, fen):
    assert YuanField(required=False).clean(text) == fen


@pytest.mark.parametrize(
    "text", ["12,5", "1,20", "-3", "+3", "12.555", "1e3", "十", "12元5", "元", "¥", "12 13", "1,2345", "٣"]
)
def test_doubtful_amount_is_refused(text):
    with pytest.raises(ValidationError, match=r"12\.50"):
        YuanField().clean(text)


@pytest.mark.parametrize(
    "text", ["2026-11-03", "2026/11/3", "2026-11-3", "20261103", "２０２６．１１．３", "2026年11月3日 "]
)
def test_day_is_understood(text):
    assert DayField().clean(text) == date(2026, 11, 3)
    for time in ("T08:30", " 8:30", " 08：30"):
        assert f"{MomentField().clean(text.strip() + time):%Y-%m-%d %H:%M}" == "2026-11-03 08:30"


@pytest.mark.parametrize(
    "text", ["11-3", "3/11/2026", "11/3/26", "2026-13-01", "2026-11", "202611031", "明天"]
)
def test_doubtful_day_is_refused(text):
    with pytest.raises(ValidationError, match="2026-11-03"):
        DayField().clean(text)


def test_copied_invoice_number_is_understood():
    form = IssuedForm({"invoice_number": " ２６３１ 2000 0000 1234 5678 ", "amount_fen": "100"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["invoice_number"] == "26312000000012345678"
