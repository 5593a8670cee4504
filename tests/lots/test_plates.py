import re
import string
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import ParkingError
from lots.plates import (
    LONGEST,
    NEV_LETTERS,
    PROVINCES,
    SUFFIXES,
    TICKET_ALPHABET,
    Plate,
    PlateError,
    PlateKind,
    Reason,
    looks_cut_short,
    new_ticket,
    normalise,
    parse,
)

# The grammar as the public sources give it, written independently of ours.
P, X = f"[{PROVINCES}]", "[A-HJ-NP-Z0-9]"
GRAMMAR = [
    (PlateKind.ORDINARY, rf"{P}[A-HJ-NP-ZO]{X}{{5}}"),
    (PlateKind.NEV_SMALL, rf"{P}[A-HJ-NP-ZO][DABCEFGHJK]{X}[0-9]{{4}}"),
    (PlateKind.NEV_LARGE, rf"{P}[A-HJ-NP-ZO][0-9]{{5}}[DABCEFGHJK]"),
    (PlateKind.POLICE, rf"{P}[A-HJ-NP-ZO]{X}{{4}}警"),
    (PlateKind.TRAINER, rf"{P}[A-HJ-NP-Z]{X}{{4}}学"),
    (PlateKind.TRAILER, rf"{P}[A-HJ-NP-Z]{X}{{4}}挂"),
    (PlateKind.HK_MACAO, rf"粤Z{X}{{4}}[港澳]"),
    (PlateKind.TEST, rf"{P}[A-HJ-NP-Z]{X}{{4}}[试超]"),
    (PlateKind.CONSULATE, rf"{P}[1-3][0-9]{{2}}{X}{{2}}领"),
    (PlateKind.CONSULATE, rf"{P}[A-HJ-NP-Z]{X}{{4}}领"),
    (PlateKind.EMBASSY, rf"[1-3][0-9]{{2}}{X}{{3}}使"),
    (PlateKind.EMBASSY, rf"使[1-3][0-9]{{2}}{X}{{3}}"),
    (PlateKind.EMERGENCY, rf"{P}[A-Z][0-9]{{4}}应急"),
    (PlateKind.EMERGENCY, rf"应急{P}[0-9]{{3}}[A-Z]"),
    (PlateKind.ARMED_POLICE, rf"WJ{P}[0-9]{{4}}[0-9XBTSHJD]"),
    (PlateKind.MILITARY, r"[A-HJ-NP-VXYZ][A-Z][0-9]{5}"),
    (PlateKind.CIVIL_AVIATION, rf"民航{X}{{5}}"),
    (PlateKind.OVERSEAS, r"[A-Z0-9]{2,9}"),
    (PlateKind.TICKET, rf"T[{TICKET_ALPHABET}]{{9}}"),
]
written = st.one_of(
    [st.tuples(st.just(kind), st.from_regex(regex, fullmatch=True)) for kind, regex in GRAMMAR]
)
texts = st.text(st.characters() | st.sampled_from(PROVINCES + SUFFIXES + "AOID01-· \u200b"), max_size=40)
near = st.builds(
    lambda pair, at, other: pair[1][:at] + other + pair[1][at + 1 :],
    written,
    st.integers(0, 9),
    st.sampled_from(PROVINCES + SUFFIXES + string.ascii_uppercase + string.digits) | st.just(""),
)
plates = written.map(lambda pair: parse(pair[1], overseas=pair[0] is PlateKind.OVERSEAS))


def attempt(text: str, *, overseas: bool = False) -> Plate | PlateError:
    try:
        return parse(text, overseas=overseas)
    except PlateError as error:
        return error


def refused(text: str, *, overseas: bool = False) -> Reason:
    with pytest.raises(PlateError) as caught:
        parse(text, overseas=overseas)
    return caught.value.reason


@pytest.mark.parametrize(
    ("typed", "text", "kind"),
    [
        ("沪A12345", "沪A12345", PlateKind.ORDINARY),
        ("沪A·B1234", "沪AB1234", PlateKind.ORDINARY),
        ("沪c-8e88f", "沪C8E88F", PlateKind.ORDINARY),
        ("京O12345", "京O12345", PlateKind.ORDINARY),
        ("沪-AQ1234", "沪AQ1234", PlateKind.ORDINARY),
        ("沪AD1234", "沪AD1234", PlateKind.ORDINARY),
        ("沪AD12345", "沪AD12345", PlateKind.NEV_SMALL),
        ("沪ADA1234", "沪ADA1234", PlateKind.NEV_SMALL),
        ("沪AK12345", "沪AK12345", PlateKind.NEV_SMALL),
        ("粤BA12345", "粤BA12345", PlateKind.NEV_SMALL),
        ("沪A12345D", "沪A12345D", PlateKind.NEV_LARGE),
        ("粤B00001A", "粤B00001A", PlateKind.NEV_LARGE),
        ("京A12345D", "京A12345D", PlateKind.NEV_LARGE),
        ("沪A1234警", "沪A1234警", PlateKind.POLICE),
        ("粤O0012警", "粤O0012警", PlateKind.POLICE),
        ("沪A1234学", "沪A1234学", PlateKind.TRAINER),
        ("沪A1234挂", "沪A1234挂", PlateKind.TRAILER),
        ("粤Z9065澳", "粤Z9065澳", PlateKind.HK_MACAO),
        ("粤ZF023港", "粤ZF023港", PlateKind.HK_MACAO),
        ("沪A1234试", "沪A1234试", PlateKind.TEST),
        ("沪A1234超", "沪A1234超", PlateKind.TEST),
        ("沪22478领", "沪22478领", PlateKind.CONSULATE),
        ("沪A0023领", "沪A0023领", PlateKind.CONSULATE),
        ("224578使", "224578使", PlateKind.EMBASSY),
        ("使147001", "使147001", PlateKind.EMBASSY),
        ("沪X1234应急", "沪X1234应急", PlateKind.EMERGENCY),
        ("应急沪123X", "应急沪123X", PlateKind.EMERGENCY),
        ("WJ沪1234X", "WJ沪1234X", PlateKind.ARMED_POLICE),
        ("WJ沪12345", "WJ沪12345", PlateKind.ARMED_POLICE),
        ("WJ12345", "WJ12345", PlateKind.ARMED_POLICE),
        ("JA12345", "JA12345", PlateKind.MILITARY),
        ("民航A1234", "民航A1234", PlateKind.CIVIL_AVIATION),
    ],
)
def test_every_mainland_plate_kind_is_parsed(typed: str, text: str, kind: PlateKind) -> None:
    assert parse(typed) == Plate(text, kind)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("京ａ·1２345 ", "京A12345"),  # full width, dot, space, lower case
        (" 沪 A • 1・2.3-4_5", "沪A12345"),
        ("沪A\u00a012345\u3000", "沪A12345"),  # the no-break and the ideographic space
        ("【滬A‧123—45】。", "沪A12345"),  # what keyboards for Chinese give
        ("京A1O345", "京A10345"),  # letters that no serial has
        ("沪aoi2i4", "沪A01214"),
        ("沪A1234o警", None),  # eight characters are still too many
        ("沪AD1234O", "沪AD12340"),
        ("使147OOI", "使147001"),
        ("沪XO234应急", "沪X0234应急"),
        ("京OO2345", "京O02345"),  # the agency letter O stays
        ("蓝沪A12345", "沪A12345"),  # a camera's colour
        ("黄绿沪A12345D", "沪A12345D"),
        ("绿牌：沪AD12345", "沪AD12345"),
        ("沪AD12345（新能源）", "沪AD12345"),
        ("黑A12345_黑牌", "黑A12345"),
        ("车牌号：沪A12345", "沪A12345"),
        ("黑A12345", "黑A12345"),  # Heilongjiang, no colour
        ("黑黑A12345", "黑A12345"),
        ("黑粤Z9065澳", "粤Z9065澳"),
        ("粵Z9065澳", "粤Z9065澳"),  # a traditional keyboard
        ("滬A1234學", "沪A1234学"),
        ("應急滬123X", "应急沪123X"),
    ],
)
def test_plate_is_normalised(typed: str, text: str | None) -> None:
    if text is None:
        assert refused(typed) is Reason.LENGTH
    else:
        assert parse(typed).text == text


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", Reason.EMPTY),
        (" ·- ", Reason.EMPTY),
        ("蓝", Reason.EMPTY),
        ("沪" * 33, Reason.TOO_LONG),
        ("⑫" * 32, Reason.TOO_LONG),  # becomes 64
        ("沪A12345" * 1300, Reason.TOO_LONG),
        ("沪A1234\u200b5", Reason.CHARACTERS),  # zero width; `visible` was not asked
        ("\u202e沪A12345", Reason.CHARACTERS),  # right to left
        ("沪A12345\x00", Reason.CHARACTERS),
        ("沪A\t12345", Reason.CHARACTERS),
        ("沪A12345\n", Reason.CHARACTERS),
        ("沪A1234😀", Reason.CHARACTERS),
        ("沪A1234\ud800", Reason.CHARACTERS),
        ("沪Aß2345", Reason.CHARACTERS),  # never quietly SS
        ("沪A***45", Reason.CHARACTERS),  # our own mask
        ("<svg onload=x>", Reason.CHARACTERS),
        ("{{7*7}}", Reason.CHARACTERS),
        ("' OR 1=1--", Reason.CHARACTERS),
        ("港A12345", Reason.PROVINCE),
        ("A12345", Reason.PROVINCE),
        ("AB1234", Reason.PROVINCE),  # overseas, and not marked as such
        ("WA12345", Reason.PROVINCE),  # no army plate begins with W
        ("WJA1234X", Reason.DIGITS),
        ("424578使", Reason.PROVINCE),
        ("沪I12345", Reason.AGENCY_LETTER),
        ("沪12345", Reason.AGENCY_LETTER),
        ("沪O1234学", Reason.AGENCY_LETTER),
        ("沪O1234领", Reason.AGENCY_LETTER),
        ("沪", Reason.LENGTH),
        ("沪A1234", Reason.LENGTH),
        ("沪A123警", Reason.LENGTH),
        ("沪A12345警", Reason.LENGTH),
        ("应急沪1234X", Reason.LENGTH),
        ("沪X123应急", Reason.LENGTH),
        ("民航A123", Reason.LENGTH),
        ("使14700", Reason.LENGTH),
        ("WJ沪123X", Reason.LENGTH),
        ("沪AD123456", Reason.GREEN_IS_EIGHT),
        ("沪A123456D", Reason.GREEN_IS_EIGHT),
        ("沪AL12345", Reason.NEW_ENERGY_LETTER),
        ("沪A123456", Reason.NEW_ENERGY_LETTER),
        ("沪A12345L", Reason.NEW_ENERGY_LETTER),
        ("沪AD1A234", Reason.NEW_ENERGY_DIGITS),
        ("沪ADAB123", Reason.NEW_ENERGY_DIGITS),
        ("沪A1B345D", Reason.NEW_ENERGY_DIGITS),
        ("沪XA234应急", Reason.DIGITS),
        ("应急沪12AX", Reason.DIGITS),
        ("WJ沪1234Z", Reason.DIGITS),
        ("使447001", Reason.DIGITS),
        ("沪2A478领", Reason.DIGITS),
        ("粤Z9065台", Reason.SUFFIX),
        ("粤A9065港", Reason.SUFFIX),
        ("沪A1234使", Reason.SUFFIX),
        ("沪A12警34", Reason.SUFFIX),
        ("沪A1234应", Reason.SUFFIX),
        ("224578", Reason.SUFFIX),
        ("T12-345-678", Reason.TICKET),
        ("T12-345-678U", Reason.TICKET),
    ],
)
def test_each_refusal_names_its_reason(typed: str, reason: Reason) -> None:
    assert refused(typed) is reason


@pytest.mark.parametrize("letter", string.ascii_uppercase)
def test_only_ten_letters_mean_new_energy(letter: str) -> None:
    small, large = f"沪A{letter}12345", f"沪A12345{letter}"
    if letter in NEV_LETTERS:
        assert (parse(small).kind, parse(large).kind) == (PlateKind.NEV_SMALL, PlateKind.NEV_LARGE)
    else:
        assert {refused(small), refused(large)} == {Reason.NEW_ENERGY_LETTER}


@pytest.mark.parametrize(
    ("text", "pretty", "masked"),
    [
        ("沪A12345", "沪A·12345", "沪A***45"),
        ("沪AD12345", "沪A·D12345", "沪A****45"),
        ("沪A1234警", "沪A·1234警", "沪A***4警"),
        ("粤ZF023港", "粤Z·F023港", "粤Z***3港"),
        ("沪22478领", "沪224·78领", "沪*****领"),
        ("使147001", "使147·001", "使*****1"),
        ("沪X1234应急", "沪X·1234应急", "沪X****应急"),
        ("应急沪123X", "应急沪·123X", "应急***3X"),
        ("WJ沪1234X", "WJ沪·1234X", "WJ****4X"),
        ("JA12345", "JA·12345", "J*****5"),
        ("民航A1234", "民航·A1234", "民航***34"),
        ("T123456789", "T12-345-6789", "T*******89"),
    ],
)
def test_plate_pretty_and_masked_forms(text: str, pretty: str, masked: str) -> None:
    plate = parse(text)
    assert (plate.pretty, plate.masked) == (pretty, masked)


@pytest.mark.parametrize(
    ("text", "masked"), [("AB1234", "****34"), ("AB123", "****23"), ("AB12", "****"), ("XY", "****")]
)
def test_overseas_plate_requires_choice(text: str, masked: str) -> None:
    assert refused(text) in {Reason.PROVINCE, Reason.LENGTH}
    assert parse(text, overseas=True) == Plate(text, PlateKind.OVERSEAS)
    assert parse(text, overseas=True).masked == masked


@pytest.mark.parametrize("text", ["A", "ABCDEFGHIJK"])
def test_overseas_plate_length_is_limited(text: str) -> None:
    assert refused(text, overseas=True) is Reason.LENGTH


def test_overseas_plate_keeps_o_and_i() -> None:
    assert parse("oi 12", overseas=True).text == "OI12"


def test_mainland_plate_ignores_overseas_choice() -> None:
    assert parse("沪A12345", overseas=True).kind is PlateKind.ORDINARY


@pytest.mark.parametrize("overseas", [False, True])
@pytest.mark.parametrize("typed", ["T1O-345-6I8L", "t10 345 6181", "T12-345-6789", "TOI1OLLIO0"])
def test_ticket_tolerates_confusable_letters(typed: str, overseas: bool) -> None:
    plate = parse(typed, overseas=overseas)
    assert plate.kind is PlateKind.TICKET
    assert not set("ILOU") & set(plate.text)


def test_new_tickets_are_unique_and_parse() -> None:
    tickets = {new_ticket() for _ in range(500)}
    assert len(tickets) == 500
    assert all(parse(ticket.pretty) == ticket for ticket in tickets)
    assert set("".join(ticket.text for ticket in tickets)) == set(TICKET_ALPHABET)


@pytest.mark.parametrize(
    ("text", "short"), [("沪AD1234", True), ("沪AK1234", True), ("沪AL1234", False), ("沪A12345", False)]
)
def test_truncated_green_plate_is_detected(text: str, short: bool) -> None:
    assert looks_cut_short(parse(text)) is short


@pytest.mark.parametrize("text", ["沪AD12345", "沪AA123警", "民航A1234", "T123456789"])
def test_only_ordinary_plates_seem_truncated(text: str) -> None:
    assert not looks_cut_short(parse(text))


@given(written)
def test_every_grammar_plate_has_its_kind(pair: tuple[PlateKind, str]) -> None:
    kind, text = pair
    assert parse(text, overseas=kind is PlateKind.OVERSEAS) == Plate(text, kind)


@given(texts | near)
def test_text_outside_grammar_is_refused(text: str) -> None:
    plate = attempt(text)
    if isinstance(plate, Plate) and not re.fullmatch(r"WJ[0-9]{4}[0-9XBTSHJD]", plate.text):
        assert any(kind is plate.kind and re.fullmatch(regex, plate.text) for kind, regex in GRAMMAR)


@given(written)
def test_plate_kinds_are_disjoint(pair: tuple[PlateKind, str]) -> None:
    fits = {
        kind for kind, regex in GRAMMAR if kind is not PlateKind.OVERSEAS and re.fullmatch(regex, pair[1])
    }
    assert fits in ({pair[0]}, set()) or pair[0] is PlateKind.OVERSEAS


@given(plates, st.sampled_from([str.lower, str.upper, "-".join, " ".join]))
def test_plate_round_trips_any_spelling(plate: Plate, write: Callable[[str], str]) -> None:
    overseas = plate.kind is PlateKind.OVERSEAS
    assume(len(write(plate.text)) <= LONGEST)
    assert parse(plate.pretty, overseas=overseas) == plate
    assert parse(write(plate.text), overseas=overseas) == plate


@given(texts | near, st.booleans())
def test_plate_error_never_repeats_text(text: str, overseas: bool) -> None:
    answer = attempt(text, overseas=overseas)
    if isinstance(answer, Plate):
        assert len(answer.text) <= 10
    else:
        assert isinstance(answer, ParkingError)
        assert answer.args == (answer.reason.value,)
        assert answer.__cause__ is answer.__context__ is None


@given(texts)
def test_normalising_is_idempotent(text: str) -> None:
    try:
        once = normalise(text)
    except PlateError:
        return
    assert normalise(once) == once


@given(plates)
def test_mask_is_shared_by_many_plates(plate: Plate) -> None:
    overseas = plate.kind is PlateKind.OVERSEAS
    hidden = [index for index, shown in enumerate(plate.masked) if shown == "*"]
    assert len(hidden) >= (4 if overseas else 3)
    twins = set()
    for index in range(len(plate.text)):
        for other in string.ascii_uppercase + string.digits:
            twin = attempt(plate.text[:index] + other + plate.text[index + 1 :], overseas=overseas)
            if isinstance(twin, Plate) and (twin.kind, twin.masked) == (plate.kind, plate.masked):
                twins.add(twin)
    assert len(twins) > 18  # by one character; the others multiply
    assert refused(plate.masked, overseas=overseas) is Reason.CHARACTERS


@given(plates)
def test_plate_repr_omits_text(plate: Plate) -> None:
    assert repr(plate) == str(plate) == f"Plate(kind={plate.kind!r})"


def test_a_kind_fits_its_column() -> None:
    assert max(map(len, PlateKind)) <= 16
