"""What the tests of boards share: one stay by document, engine and sentences; each board with its stays."""

from jsonschema import Draft202012Validator

from lots import tariffs
from tests.lots.tariffs.test_boards_by_hand import by_sentences, moment
from tests.lots.tariffs.test_boards_in_china import CHINA
from tests.lots.tariffs.test_public_boards import rows
from tests.lots.tariffs.test_reference import SHANGHAI

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
    """Check that a board is a document by the schema, and has so many stays."""
    assert len([row for row in rows(stays, boards) if row[0] == name]) >= least
    Draft202012Validator(tariffs.schema()).validate(boards[name])
