"""The console's data inventory (个人信息清单): every stored field, why, by what ground, for whom."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from compliance import inventory
from core.privacy import Personal, Text
from staff.access import access, requires


@requires("compliance.see")
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Show the kinds of data, then each table; with `personal` only those that hold personal information."""
    only = "personal" in request.GET
    lots = access(request).lots().order_by("name").values_list("name", "retention_hours")
    context = {"kinds": kinds(only=only), "tables": tables(only=only), "only": only, "lots": lots[:200]}
    return render(request, "console/compliance/data.html", context)


def kinds(*, only: bool = False) -> list[dict[str, Any]]:
    return [
        {
            "name": kind.label,
            "personal": kind.personal.label,
            "ground": _plain(kind.ground),
            "recipients": _plain(kind.recipients),
            "retention": _plain(kind.retention),
        }
        for kind in inventory.kinds()
        if not only or kind.personal is not Personal.NO
    ]


def tables(*, only: bool = False) -> list[dict[str, Any]]:
    """Return each table with its declarations; those without personal information may be left out."""
    found = []
    for model, entries in inventory.tables().items():
        rows = [
            {"fields": entry.fields, "purpose": _plain(entry.purpose), "kind": entry.kind.label}
            for entry in entries
            if not only or entry.kind.personal is not Personal.NO
        ]
        if rows:
            found.append({"model": model, "rows": rows})
    return found


def _plain(text: Text) -> str:
    """Return a text without the marks that set names in code in docs/data.md."""
    return str(text).replace("`", "")
