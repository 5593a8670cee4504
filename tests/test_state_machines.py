"""Every stored state moves through `core.state.StateMachine`, and nothing else writes it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Field

from core.state import StateMachine

ROOT = Path(__file__).parents[1]
PRODUCT = (
    "core",
    "lots",
    "payments",
    "staff",
    "compliance",
    "monitoring",
    "members",
    "driver",
    "devices",
    "console",
)
WRITERS = {"update", "update_or_create", "change", "changing"}
MODELS = [
    model
    for model in apps.get_models()
    if any(isinstance(field, Field) and field.name == "state" for field in model._meta.get_fields())
]


def state_writes(source: str) -> Iterator[int]:
    """Yield the lines that write a `state` by hand."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), keywords=keywords) if name in WRITERS:
                is_write = any(keyword.arg == "state" for keyword in keywords)
            case (
                ast.Assign(targets=[ast.Attribute(attr="state")])
                | ast.AnnAssign(target=ast.Attribute(attr="state"))
            ):
                is_write = True
            case ast.keyword(arg="update_fields", value=value):
                is_write = "'state'" in ast.unparse(value)
            case ast.Constant(value=str(text)):
                is_write = "SET state" in text
            case _:
                is_write = False
        if is_write and isinstance(node, ast.expr | ast.stmt | ast.keyword):
            yield node.lineno


def test_every_state_is_a_machines():
    assert {model.__name__ for model in MODELS} >= {
        *("Payment", "Refund", "Coupon", "GateCommand", "InvoiceRequest", "Settlement", "BillRun"),
        *("DayClosing", "DataRequest", "RefundRequest", "Shift", "Incident", "SelfCheckAlarm"),
    }
    assert [model.__name__ for model in MODELS if not issubclass(model, StateMachine)] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_state_has_its_transitions(model):
    assert set(model.TRANSITIONS) == set(model.State)
    assert set().union(*model.TRANSITIONS.values()) <= set(model.State)


def test_nothing_else_writes_a_state():
    files = [
        path for folder in PRODUCT for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts
    ]
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in files
        if path != ROOT / "core" / "state.py" and "postgresql" not in path.parts  # a connection's state
        for line in state_writes(path.read_text())
    }
    assert found == set()


@pytest.mark.parametrize(
    "source",
    [
        "row.state = 'paid'",
        "Payment.objects.filter(pk=1).update(state='paid')",
        "row.save(update_fields=['state'])",
        "run('UPDATE payments_payment SET state = 1')",
    ],
)
def test_a_write_is_found(source):
    assert list(state_writes(source)) == [1]
