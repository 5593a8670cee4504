"""What a page makes of the plate and sends: its signs one by one, a number computed from it."""

import pytest

from selfcheck.breaches import Context
from selfcheck.canary import Canary
from selfcheck.coverage import not_tested
from selfcheck.hosts import Lists
from selfcheck.judging import findings
from selfcheck.made_by_page import are_files, computed_in, sent_at_each_key, sent_one_by_one
from selfcheck.proxy import Exchange, ObservingProxy
from selfcheck.recorder import Recorder, RequestMoment
from selfcheck.visit import Phase, Visit

PLATE = "沪Q7K319"
HERE = "https://pay.example.cn/p/1"
CONTEXT = Context(Lists(), "pure")
TOKEN = "9f3c77aa01be7754"


def typed(*addresses):
    """Return the requests made while the plate was typed, one at each sign."""
    return [(Exchange(0, "GET", url, []), PLATE[: place + 1]) for place, url in enumerate(addresses)]


@pytest.mark.parametrize(
    "spell",
    [str, str.lower, lambda sign: str(ord(sign)), lambda sign: f"{ord(sign):x}"],
    ids=["sign", "lower", "decimal", "hex"],
)
def test_signs_sent_one_by_one_breach_p8c(spell):
    rows = typed(*(f"{HERE}/down.gif?n={n}&k={spell(sign)}" for n, sign in enumerate(PLATE[:6])))
    recorder = Recorder(Visit("plain", True, HERE, typed_by="field"), Canary(PLATE), first="example.cn")
    for exchange, standing in rows:
        exchange.mark = RequestMoment(Phase.TYPE, muted=False, main=False, touched=True, typed=standing)
    recorder.proxy = ObservingProxy(resolve=None, exchanges=[exchange for exchange, _ in rows])
    recorder._note_keys_sent()
    assert "P8c" in {finding.rule for finding in findings(recorder.visit, CONTEXT)}


def test_counter_at_each_key_needs_a_person():
    rows = typed(*(f"{HERE}/tick?n={n}" for n in range(6)))
    assert not sent_one_by_one(rows)
    path = sent_at_each_key(rows, [])
    assert path == "/p/1/tick"
    visit = Visit("plain", True, HERE, typed_by="field", each_key=path)
    assert "由人核对" in not_tested("P8c", [visit], CONTEXT)


def test_poll_begun_before_typing_tells_nothing():
    rows = typed(*(f"{HERE}/tick?n={n}" for n in range(6)))
    assert not sent_at_each_key(rows, [f"{HERE}/tick?n=99"])


def test_number_the_server_gave_is_not_computed():
    assert computed_in(f"{HERE}/log/{TOKEN}", "")
    assert not computed_in(f"{HERE}/log/{TOKEN}", f'{{"order":"{TOKEN}"}}')
    assert not computed_in(f"{HERE}/pages/fee-{TOKEN}.js", f'{{fee:"{TOKEN}"}}')
    assert not computed_in(f"{HERE}/pay?t=20261129073355", "")


@pytest.mark.parametrize(("second", "alike"), [("a", True), ("b", False)])
def test_number_alike_on_phones_needs_a_person(second, alike):
    visits = [
        Visit(phone, True, HERE, typed_by="field", computed={digest: f"{HERE}/log/…"})
        for phone, digest in (("plain", "a"), ("wechat", second))
    ]
    assert ("是否由车牌算出" in not_tested("P8a", visits, CONTEXT)) is alike


def test_keys_drawn_from_pictures_tell_nothing():
    drawn = [
        row
        for _, standing in typed(*"123456")
        for key in "QWK731"
        for row in [(f"{HERE}/k/{key}.png", standing)]
    ]
    assert not sent_one_by_one([(Exchange(0, "GET", url, []), standing) for url, standing in drawn])


@pytest.mark.parametrize(
    ("address", "keeping", "sure"),
    [
        ("k/{}.png", "max-age=86400", False),
        ("k/{}.png", "no-store", True),
        ("k/{}.png?v=7f31", "max-age=86400", True),
        ("9f3c77aa01be7754/{}.png", "max-age=86400", True),
    ],
)
def test_picture_fetched_at_each_key(address, keeping, sure):
    rows = typed(*(f"{HERE}/{address.format(sign)}" for sign in PLATE[:6]))
    for exchange, _ in rows:
        exchange.answer_headers = [("Content-Type", "image/png"), ("Cache-Control", keeping)]
    sent = sent_one_by_one(rows)
    assert sent
    assert are_files(sent) is not sure


def over_a_socket(messages, until):
    """Return what is found in messages that went over a web socket, one for each sign typed."""
    visit = Visit("plain", True, HERE, typed_by="field")
    recorder = Recorder(visit, Canary(PLATE), first="example.cn", complete_at=until)
    recorder.typed_at = [(place, PLATE[: place + 1]) for place in range(len(PLATE))]
    opened = Exchange(0, "GET", f"{HERE}/live", [("Upgrade", "websocket")], status=101, ended=99)
    opened.frames, opened.frames_at = [m.encode() for m in messages], [n + 0.5 for n in range(len(messages))]
    opened.mark = RequestMoment(Phase.ARRIVE, muted=False, main=False, touched=False, typed="")
    recorder.proxy = ObservingProxy(resolve=None, exchanges=[opened])
    recorder.finish()
    return {finding.rule for finding in findings(visit, CONTEXT)}


@pytest.mark.parametrize(
    ("messages", "breached"),
    [
        ([f'{{"k":"{sign}"}}' for sign in PLATE], True),
        ([PLATE[: place + 1] for place in range(7)], True),
        (["ping"] * 6 + [PLATE], False),
        ([f'{{"n":{place}}}' for place in range(90, 97)], False),
    ],
)
def test_socket_is_judged_message_by_message(messages, breached):
    assert ("P8c" in over_a_socket(messages, until=6)) is breached
