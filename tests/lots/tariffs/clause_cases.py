"""What the tests of clauses share: a stay of 2026 by a document, and the same stay by its sentences."""

import re
from datetime import datetime

from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import AccessRight
from lots.tariffs.clauses import rule_clauses
from tests.lots.tariffs.board_cases import by_sentences
from tests.lots.tariffs.stay_times import PLACE, SHANGHAI


def at(text, zone=SHANGHAI):
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone)


def price(document, entered, left, place=PLACE, **history):
    tariff = tariffs.read_new(document)
    return tariff.price(at(entered, place.zone), at(left, place.zone), "ordinary", place=place, **history)


def check_price(document, entered, left, fen):
    """Check that the engine and the sentences alone charge this, and that the document fits the schema."""
    assert price(document, entered, left).fen == fen
    assert by_sentences(tariffs.read(document), (at(entered), at(left)), "ordinary", "", PLACE) == fen
    Draft202012Validator(tariffs.schema()).validate(document)


def lines(document, entered, until, **more):
    tariff = tariffs.read(document)
    found = tariff.price(at(entered), at(until), "ordinary", place=PLACE, **more).lines
    assert all(type(value) in (int, str) for line in found for value in (line.fen, *line.values.values()))
    return list(found)


def right(valid_from, valid_until, **more):
    return AccessRight("month", at(valid_from), at(valid_until), **more)


def check_paths(document, rule):
    """Check that each clause names its part, but those on holidays, which hold without bands too."""
    for clause in rule_clauses(rule):
        if clause.code != "eves_apart" and not clause.code.startswith("holidays"):
            part_at(document, clause.path)


def part_at(part, path):
    """Return what stands at a path of a document; of a band without steps, the band."""
    for key, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        if key == "steps" and {"flat", "free"} & set(part) and "to" in part:
            return part
        part = part[key] if key else part[int(index)]
    return part
