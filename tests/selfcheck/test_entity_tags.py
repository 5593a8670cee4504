"""A file's tag that differs for each visitor tells them apart; one that follows from the bytes does not."""

from itertools import count, cycle
from types import SimpleNamespace

import pytest

from selfcheck import entity_tags
from selfcheck.breaches import Context
from selfcheck.browser import Options
from selfcheck.checking import in_thread
from selfcheck.fetching import Fetched
from selfcheck.hosts import Lists
from selfcheck.judging import findings
from selfcheck.proxy import Exchange
from selfcheck.visit import Phase, Visit

URL = "https://pay.example.cn/a.js"


def asked(tag="0", cache="no-cache", phase=Phase.ARRIVE):
    headers = [("ETag", tag), ("Cache-Control", cache)]
    return Exchange(0, "GET", URL, [], status=200, answer_headers=headers, mark=SimpleNamespace(phase=phase))


def tags(monkeypatch, exchange, answers):
    async def fetch(url, options):
        return Fetched(200, *next(answers))

    monkeypatch.setattr(entity_tags, "fetch", fetch)
    return in_thread(lambda: entity_tags.telling_files([exchange], "example.cn", Options()))


def each(body="same"):
    return ((body.encode(), {"etag": str(n)}) for n in count(1))


def test_tag_for_each_visitor_is_found(monkeypatch):
    found = tags(monkeypatch, asked(), each())
    assert [row.where for row in found] == ["ETag"]
    visit = Visit("plain", scripts=True, start=URL, stored=found)
    assert "P7a" in {finding.rule for finding in findings(visit, Context(Lists()))}


@pytest.mark.parametrize(
    "answers",
    [
        cycle([(b"same", {"etag": "0"})]),
        cycle([(b"same", {"etag": "1"}), (b"same", {"etag": "2"})]),  # two servers behind one name
        ((str(n).encode(), {"etag": str(n)}) for n in count(1)),  # other bytes have another tag
    ],
)
def test_tag_of_bytes_tells_nobody(monkeypatch, answers):
    assert tags(monkeypatch, asked(), answers) == []


@pytest.mark.parametrize("exchange", [asked(cache="no-store"), asked(tag=""), asked(phase=Phase.SUBMIT)])
def test_what_no_browser_keeps_is_left_out(monkeypatch, exchange):
    assert tags(monkeypatch, exchange, each()) == []


SCRIPT = b"var visitor='k8QmZ21x07'"


def sending(answers, monkeypatch, cache="max-age=31536000", sent=b'{"v":"k8QmZ21x07"}'):
    """Return what is found of a script that is kept, where the page sends something afterwards."""
    headers = [("Cache-Control", cache)]
    arrived = SimpleNamespace(phase=Phase.ARRIVE)
    script = Exchange(0, "GET", URL, [], answer=SCRIPT, status=200, answer_headers=headers, mark=arrived)
    look_up = Exchange(1, "POST", URL, [], body=sent, status=200, mark=SimpleNamespace(phase=Phase.SUBMIT))

    async def fetch(url, options):
        return Fetched(200, next(answers), {})

    monkeypatch.setattr(entity_tags, "fetch", fetch)
    return in_thread(lambda: entity_tags.telling_files([script, look_up], "example.cn", Options()))


def test_number_in_kept_script_is_found(monkeypatch):
    found = sending((f"var visitor='p{n}QmZ21x07'".encode() for n in count(1)), monkeypatch)
    assert [(row.where, row.name) for row in found] == [("file bytes", "number")]


@pytest.mark.parametrize(
    ("answers", "parts"),
    [
        (cycle([SCRIPT]), {}),  # the same for everybody
        ((f"var visitor='p{n}'".encode() for n in count(1)), {"sent": b"{}"}),  # never sent back
        ((f"var visitor='p{n}'".encode() for n in count(1)), {"cache": "no-cache"}),  # not kept
        ((SCRIPT + str(n).encode() for n in count(1)), {}),  # what is sent back is the same for everybody
    ],
)
def test_kept_script_may_change(monkeypatch, answers, parts):
    assert sending(answers, monkeypatch, **parts) == []
