"""A small run of the comparison of all three readings; longer ones: python -m tests.lots.tariffs.agree."""

import ast
from dataclasses import replace
from pathlib import Path

from lots.tariffs import caps, part_price
from tests.lots.tariffs import agree
from tests.lots.tariffs.board_makers import BASE

ENGINE = Path(part_price.__file__).parent


def test_random_documents_agree():
    found = list(agree.faults(20261127, 300))
    assert len(found) == 300
    assert not any(found), [fault for fault in found if fault]


def test_all_compare_one_document(monkeypatch):
    """Bands fill every day, so the engine reads neither the steps nor where the free minutes count."""
    document = {
        **BASE,
        "bands": [{"name": "all", "from": "08:00", "to": "08:00", "days": ["all"], "free": True}],
        "crossing": "sum_per_band",
        "band_days": "start",
        "free": {"minutes": 14, "mode": "deduct", "repeat": "once", "charged_hours_only": True},
        "overnight": {"at": "19:00", "amount": 1451, "nights": "once"},
    }
    monkeypatch.setattr(agree, "random_document", lambda _: document)
    assert set(agree.faults(1, 40)) == {""}


def test_disagreement_is_reported(monkeypatch):
    monkeypatch.setattr(agree.reference, "cost", lambda *_: -1)
    assert all("disagree" in fault for fault in agree.faults(1, 8))


def test_fault_in_long_cap_is_found(monkeypatch):
    """One fen more, in caps of three and more cycles alone, shows within the usual number of stays."""
    usual = caps._put_over

    def dearer(lines, begin, cap, last):
        usual(lines, begin, replace(cap, fen=cap.fen + (cap.cycles > 2)), last)

    monkeypatch.setattr(caps, "_put_over", dearer)
    assert any(agree.faults(20261127, 300))


def test_crash_is_reported(monkeypatch):
    monkeypatch.setattr(agree.reference, "cost", lambda *_: [][0])
    assert "IndexError" in next(agree.faults(1, 1))


def test_interrupted_run_prints_its_count(monkeypatch, capsys):
    def interrupted(*_):
        yield from ["", "wrong"]
        raise KeyboardInterrupt

    monkeypatch.setattr(agree, "faults", interrupted)
    assert agree.main(["7", "100"]) == 1
    assert "interrupted\n2 stays from seed 7, 1 disagree" in capsys.readouterr().out


def test_engine_has_no_float():
    """No float literal, no true division and no call of float or round where amounts are counted."""
    files = [file for file in ENGINE.glob("*.py") if file.name != "ambiguity.py"]  # shares, charged to nobody
    nodes = [(file, node) for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    assert len(nodes) > 10_000
    assert not [(file.name, node.lineno) for file, node in nodes if is_inexact(node)]


def is_inexact(node):
    if isinstance(node, ast.Name):
        return node.id in {"float", "round"}
    is_division = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
    return is_division or (isinstance(node, ast.Constant) and isinstance(node.value, float))


def test_inexact_arithmetic_is_found():
    inexact = ["x = 0.5", "x = a / b", "x /= 2", "x = float(a)", "x = round(a)"]
    assert all(any(map(is_inexact, ast.walk(ast.parse(line)))) for line in inexact)
    assert not any(map(is_inexact, ast.walk(ast.parse("x = a // b"))))
