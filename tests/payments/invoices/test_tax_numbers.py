"""The unified social credit code and its check (GB 32100-2015)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.invoices.tax_numbers import ALPHABET, BadTaxNumber, check_of, read_tax_number

STANDARD_EXAMPLE = "91350100M000100Y43"  # the example that the standard itself gives


@pytest.mark.parametrize(
    "code",
    [
        STANDARD_EXAMPLE,
        "914403001922038216",  # check digit 6
        "9144030071526726XG",  # check letter
        "91330100799655058B",
        "91110000802100433B",
    ],
)
def test_real_codes_are_accepted(code):
    assert read_tax_number(code) == code


@pytest.mark.parametrize(
    "typed",
    [
        STANDARD_EXAMPLE.lower(),
        "9135 0100 M000 100Y 43",
        "９１３５０１００Ｍ０００１００Ｙ４３",
        " 91350100M000100Y43 ",
        "91350100-M000100Y4-3",
    ],
)
def test_alternate_spellings_are_normalised(typed):
    assert read_tax_number(typed) == STANDARD_EXAMPLE


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "nothing"),
        ("91350100M000100Y4", "17 characters"),
        ("91350100M000100Y433", "19 characters"),
        ("91350100M000100Y44", "another check"),
        ("91350100M000100Y4O", "a letter that it has not"),
        ("91350100I000100Y43", "a letter that it has not"),
        ("310101199001011234", "an identity card"),
        ("310101190001011", "an old tax number of 15"),
        ("九一三五〇一〇〇〇〇〇〇〇〇〇〇〇〇", "no digits"),
        ("9" * 1000, "far too long"),
        ("<svg onload=1>1234", "no code"),
    ],
)
def test_invalid_code_is_not_echoed(typed, why):
    with pytest.raises(BadTaxNumber) as refused:
        read_tax_number(typed)
    assert str(refused.value) == "", why


BODIES = st.text(ALPHABET, min_size=17, max_size=17)


@given(BODIES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_wrong_character_is_detected(body, place, other):
    code = body + check_of(body)
    assert read_tax_number(code) == code
    wrong = code[:place] + other + code[place + 1 :]
    if wrong != code:
        with pytest.raises(BadTaxNumber):
            read_tax_number(wrong)


@given(BODIES, st.integers(0, 16))
def test_swapped_neighbours_are_detected(body, place):
    code = body + check_of(body)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if swapped != code:
        with pytest.raises(BadTaxNumber):
            read_tax_number(swapped)
