"""The console's data inventory (个人信息清单): every stored field, why, by what ground, for whom."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from compliance.inventory import Kind, Personal, entries_here, kinds_here
from compliance.inventory_zh import PERSONAL, Words, kind_words, purposes
from staff.access import access, requires


@requires("compliance.see")
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """The kinds first, then each table; by `personal` those alone that hold personal information."""
    only = "personal" in request.GET
    lots = access(request).lots().order_by("name").values_list("name", "retention_hours")
    context = {"kinds": kinds(only=only), "tables": tables(only=only), "only": only, "lots": lots[:200]}
    return render(request, "console/compliance/data.html", context)


def kinds(*, only: bool = False) -> list[dict[str, Any]]:
    return [
        {"kind": kind, "words": _words(kind), "personal": _personal(kind.personal)}
        for kind in kinds_here()
        if not only or kind.personal is not Personal.NO
    ]


def tables(*, only: bool = False) -> list[dict[str, Any]]:
    """Return each model with its entries; those without personal information may be left out."""
    found = []
    for model, entries in entries_here().items():
        told = purposes(model) if _chinese() else tuple(_plain(entry.purpose) for entry in entries)
        rows = [
            {"fields": entry.fields, "purpose": purpose, "kind": _words(entry.kind).name}
            for entry, purpose in zip(entries, told, strict=True)
            if not only or entry.kind.personal is not Personal.NO
        ]
        if rows:
            found.append({"model": model, "rows": rows})
    return found


def _words(kind: Kind) -> Words:
    if _chinese():
        return kind_words(kind)
    said = (kind.name, kind.ground, kind.recipients, kind.retention)
    return Words(*map(_plain, said))


def _plain(text: str) -> str:
    """Return a text without the marks that set names in code in docs/data.md."""
    return text.replace("`", "")


def _personal(personal: Personal) -> str:
    return PERSONAL[personal] if _chinese() else personal.value


def _chinese() -> bool:
    return (get_language() or "zh").startswith("zh")
