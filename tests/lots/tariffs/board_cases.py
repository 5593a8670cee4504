"""What the tests of boards share: one stay by document, engine and sentences; each board with its stays."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils import translation
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs.all_faults import all_faults
from presentation import class_boards, price_board
from tests.console.tariff_forms import through_form
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.stay_times import CHINA, SHANGHAI, moment

KINDS = {"nev_small", "nev_large", "trailer"}  # of plates; what else stands behind a stay, a camera reports


def prices_of(document, entered, left, who):
    """Return what the engine and the sentences alone ask for a stay, in fen."""
    tariff = tariffs.read_new(document)
    stay = moment(entered, SHANGHAI), moment(left, SHANGHAI)
    kind, camera = (who, "") if who in KINDS else ("ordinary", who)
    return (
        tariff.price(*stay, kind, seen=camera, place=CHINA).fen,
        by_sentences(tariff, stay, kind, camera, CHINA),
    )


def check_board(name, boards, stays, *, least=3):
    """Check that a board is a document that the form can say, and has so many stays."""
    assert len([row for row in rows(stays, boards) if row[0] == name]) >= least
    check_document(boards[name])


def check_document(document):
    """Check that a document fits the schema and has no fault, and that the form can say it.

    The form puts the kinds of day into its own order, so the tariffs are compared.
    """
    Draft202012Validator(tariffs.schema()).validate(document)
    assert all_faults(document) == []
    assert tariffs.read_new(through_form(document)) == tariffs.read_new(document)


def rows(table, boards):
    """Yield the stays of a table: the board, both times, the amount in fen and the vehicle."""
    name = ""
    for line in table.strip().splitlines():
        if line in boards:
            name = line
            continue
        day, time, last_day, last_time, amount, *who = line.split()
        yuan, _, cents = amount.partition(".")
        yield name, f"{day} {time}", f"{last_day} {last_time}", int(yuan + cents.ljust(2, "0")), "".join(who)


def by_sentences(tariff, stay, kind, seen, place):
    """Return the price by the board for this vehicle and date; a begun minute is a whole one."""
    vehicle = tariff.class_of(kind, seen)
    rule = vehicle.rule if vehicle else tariff.rule
    with translation.override("zh-hans"):
        end = [
            one
            for one in price_board.conditions(tariff)
            if one.startswith(("入场时的标准", "法定节假日前一天"))
        ]
        usual = board_reader.read([*price_board.rule_board(rule, tariff.currency), *end])
        boards = class_boards.class_boards(tariff, place)
    of_season = [one for one in boards if one.kinds.startswith("入场")]
    seasons = [(one.kinds, one.sentences) for one in of_season if ("·" in one.title) == bool(vehicle)]
    whole = -(-(stay[1].timestamp() - stay[0].timestamp()) // 60)
    left = stay[0].astimezone(ZoneInfo("UTC")) + timedelta(minutes=whole)
    stay = stay[0].astimezone(left.tzinfo), left
    return board_reader.price_by_entries(usual, seasons, stay, place.zone, place.calendar)


def chinese(rule):
    with translation.override("zh-hans"):
        return price_board.rule_board(rule)
