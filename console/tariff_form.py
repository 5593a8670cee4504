"""The form for a tariff: from a document to fields and back. It can say everything that the language can.

What is typed wrongly is put into the document as it is: the reader of documents names the fault at the path
of the field, so that there is one place that knows what is right.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from console.tariff_names import key_of
from console.tariff_parts import WHOLE, Differs, Option, Part, PartField, PartGroup, PartSection, Rows, Way
from console.typed_numbers import plain_number
from lots.tariffs import CNY, CURRENCIES, Currency
from lots.tariffs.checks import dependent_settings
from lots.tariffs.json_fields import below
from lots.tariffs.reading_rule import without_idle_limits
from lots.tariffs.sums import exact_fen
from presentation.formatting import in_currency
from presentation.templatetags.money_tags import in_sign

type Document = dict[str, Any]

MOST_ROWS = 48
MOST_SHOWN = 10**12  # of the minor unit; a larger number is shown as it stands
ABSENT: Any = object()
_AMOUNT = re.compile(r"\d{1,9}(\.\d{0,9})?|\.\d{1,9}")  # as it is typed, also in full-width digits
_FINE = re.compile(
    r"\d{1,9}\.\d{1,3}", re.ASCII
)  # with parts of a fen; other text was typed and is no amount
_HOUR = re.compile(r"\d:\d\d", re.ASCII)
LISTS = {"choices", "kinds", "lines"}


def is_form(data: QueryDict) -> bool:
    """Return whether the fields of the form were sent, and not only the text of a document."""
    return "form" in data


def document_of_form(data: QueryDict) -> Document:
    """Return the document that the fields say, in format 3, faults and all."""
    document = {"format": 3, "currency": CNY.code, **_object(WHOLE, data, "")}
    return _without_idle(document)


def _without_idle(document: Document) -> Document:
    """Leave out answers to questions that do not arise."""
    try:
        idle = {key for key, wanted, _ in dependent_settings(document) if not wanted}
    except (KeyError, TypeError, AttributeError):
        return document
    return without_idle_limits({key: value for key, value in document.items() if key not in idle})


def acted(document: Document, act: str) -> Document:
    """Return the document after a button of the form: add:steps, remove:bands[0], up:offers[1]."""
    verb, _, path = act.partition(":")
    match = re.fullmatch(r"(.*)\[(\d{1,2})\]", path)
    rows = _at(document, path if verb == "add" else match[1] if match else "")
    if verb == "add":
        return _with_row(document, path)
    if match and isinstance(rows, list) and int(match[2]) < len(rows):
        index = int(match[2])
        if verb == "remove":
            del rows[index]
        elif verb == "up" and index:
            rows[index - 1 : index + 1] = rows[index], rows[index - 1]
        _close_last(match[1], rows)
    return document


def _with_row(document: Document, path: str) -> Document:
    """Add a row to a list, like its last one; the last step has no end, so the one before gets one."""
    parent, _, key = path.rpartition(".")
    holder = _at(document, parent)
    if not isinstance(holder, dict) or key not in NEW_ROWS:
        return document
    rows = holder.get(key)
    rows = holder[key] = rows if isinstance(rows, list) else []
    if len(rows) < MOST_ROWS:
        within = re.sub(r"\[\d+\]", "", path)
        rows.append(_new_row(within if within in NEW_ROWS else key, rows))
        _close_last(path, rows)
    return document


NEW_ROWS: dict[str, Document] = {
    "steps": {"until_min": None, "unit_min": 60, "price": ""},
    "bands": {
        "name": "night",
        "from": "22:00",
        "to": "08:00",
        "steps": [{"until_min": None, "unit_min": 60, "price": ""}],
    },
    "caps": {"amount": ""},
    "offers": {
        "name": "early_bird",
        "enters": {"from": "06:00", "to": "10:00"},
        "leaves": {"by": "20:00", "day": "same"},
        "cap": "",
    },
    "day_caps": {"days": ["weekend"], "amount": ""},
    "long_caps": {"cycles": 7, "amount": ""},
    "shared_caps": {"bands": [], "amount": ""},
    "classes": {"name": "new_energy", "kinds": ["nev_small", "nev_large"], "rule": {}},
    "seasons": {"name": "golden_week", "holidays": ["spring_festival", "national_day"], "rule": {}},
    "seasons.classes": {"name": "large", "rule": {}},
    "passes": {"name": "month", "price": ""},
}


def _new_row(key: str, rows: list[Any]) -> Document:
    """Return a row to begin with, under a name that none has yet."""
    row = {**NEW_ROWS.get(key, {})}
    names = {one.get("name") for one in rows if isinstance(one, dict)}
    if "name" in row and row["name"] in names:
        row["name"] = next(
            f"{row['name']}_{n}" for n in range(2, MOST_ROWS + 2) if f"{row['name']}_{n}" not in names
        )
    return row


def _close_last(path: str, rows: list[Any]) -> None:
    """Keep what depends on a row's place: the last step has no end, and caps are numbered."""
    if path.rpartition(".")[2] == "steps":
        for index, step in enumerate(rows):
            if not isinstance(step, dict):
                return
            if index + 1 == len(rows):
                step["until_min"] = None
            elif step.get("until_min") is None:
                step["until_min"] = ""
    if path.rpartition(".")[2] == "caps":
        _number(rows)


def _number(caps: list[Document]) -> None:
    for index, cap in enumerate(caps, 1):
        last = index == len(caps)
        cap["cycle"] = ("each" if index == 1 else f"{index}+") if last else index


def _at(document: Any, path: str) -> Any:
    """Return what stands at a path such as bands[0].steps; ABSENT if nothing does."""
    for key, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        if key and isinstance(document, dict) and key in document:
            document = document[key]
        elif index and isinstance(document, list) and int(index) < len(document):
            document = document[int(index)]
        else:
            return ABSENT
    return document


def field_path(document: Document, path: str) -> str:
    """Return the path of the field that a fault belongs to: a list of words is one field."""
    is_item = path.endswith("]") and not isinstance(_at(document, path), dict)
    return path.rpartition("[")[0] if is_item else path


# From fields to a document


def _object(parts: Iterable[Part], data: QueryDict, path: str) -> Document:
    found: Document = {}
    for part in parts:
        if isinstance(part, PartSection):
            found |= _object(part.parts, data, path)
        elif isinstance(part, Way):
            found |= _shape(part, data, path)
        elif isinstance(part, Differs):
            found |= _different(part, data, path)
        else:
            value = _value(part, data, below(path, part.key))
            if value is not ABSENT:
                found[part.key] = value
    return found


def _different(part: Differs, data: QueryDict, path: str) -> Document:
    """Return a part that differs; a group without sent fields begins as in the general rule."""
    name = below(path, part.part.key)
    how = data.get(f"differs:{name}", "usual")
    if how == "none" and part.nullable:
        return {part.part.key: None}
    if how != "differs":
        return {}
    begins = isinstance(part.part, PartGroup) and not any(_is_within(key, name) for key in data)
    value = _value(part.part, data, part.part.key if begins else name, present=True)
    return {part.part.key: "" if value is ABSENT else value}


def _is_within(key: str, name: str) -> bool:
    """Return whether a sent field belongs to the part of this name; `differs:` is sent without its fields."""
    return not key.startswith("differs:") and key.rpartition(":")[2].startswith(f"{name}.")


def _shape(way: Way, data: QueryDict, path: str) -> Document:
    name = way.key or way.name
    value = data.get(f"way:{below(path, name)}", "")
    option = next((one for one in way.options if one.value == value), None)
    if option is None:
        return {}
    found = _object(option.parts, data, path)
    if option.constant is not None:
        found[option.marker] = option.constant
    elif option.marker and option.marker not in found:
        found[option.marker] = ""
    return ({way.key: value} if way.key else {}) | found


def _value(part: PartField | PartGroup | Rows, data: QueryDict, name: str, *, present: bool = False) -> Any:
    if isinstance(part, PartGroup):
        if part.optional and not present and data.get(f"has:{name}") != "1":
            return ABSENT
        return _object(part.parts, data, name)
    if isinstance(part, Rows):
        rows = [_object(part.parts, data, f"{name}[{index}]") for index in _indexes(data, name)]
        if part.numbered:
            _number(rows)
        return rows or ABSENT
    return _typed(part, data, name)


def _indexes(data: QueryDict, name: str) -> list[int]:
    """Return the numbers of the rows that were sent; each row has a marker."""
    return sorted(index for index in range(MOST_ROWS + 1) if f"row:{name}[{index}]" in data)


def _typed(part: PartField, data: QueryDict, name: str) -> Any:
    """Return a field's value as the document has it; what is no such value, as it was typed."""
    if part.kind in {"choices", "kinds"}:
        found = data.getlist(name)
        return found if found or (part.kind == "kinds" and f"asked:{name}" in data) else ABSENT
    text = data.get(name, "").strip()
    if part.kind == "flag":
        return True if text == "1" else ABSENT
    if part.kind == "lines":
        return [key_of(part.names, one) for one in text.split()] or ABSENT
    if not text:
        return part.blank if part.blank != "" else ABSENT
    if part.kind == "yuan":
        return fen_of(text, CURRENCIES.get(data.get("currency", ""), CNY))
    as_keyed = unicodedata.normalize("NFKC", text)  # Chinese keyboards type ３０ and ２１：００
    if part.kind in {"minutes", "number", "whole_choice"}:
        return int(as_keyed) if re.fullmatch(r"\d{1,7}", as_keyed, re.ASCII) else text
    if part.kind == "time":
        return f"0{as_keyed}" if _HOUR.fullmatch(as_keyed) else as_keyed
    return key_of(part.names, text)


def fen_of(text: str, currency: Currency = CNY) -> int | str:
    """Return ¥8.50 and 8.5 yuan as 850, ¥0.035 as "3.5"; what is no amount, as it was typed."""
    amount = plain_number(text.removeprefix(currency.sign))
    if not _AMOUNT.fullmatch(amount):
        return text
    thousandths = Decimal(amount).scaleb(currency.digits + 3)
    return text if thousandths % 1 else exact_fen(int(thousandths))


# From a document to fields


def fields_of(document: Mapping[str, Any], faults: Mapping[str, list[str]]) -> list[Document]:
    """Return the sections of the form with the values of a document and the faults at their paths."""
    asked = _asked(document)
    document = {"exempt": ["emergency"], **document}
    found = [_section(part, document, "", faults, asked) for part in WHOLE if isinstance(part, PartSection)]
    currency = CURRENCIES.get(str(document.get("currency")), CNY)
    for section in found if currency is not CNY else ():
        _in_currency(section["nodes"], currency)
    return found


def _in_currency(nodes: Iterable[Document], currency: Currency) -> None:
    """Show the amounts of bound nodes, their labels and choices in another currency than yuan."""
    for node in nodes:
        node["label"] = in_sign(str(node["label"]), currency.sign)
        if node["kind"] == "yuan":
            node["value"] = _amount(node["typed"], currency.digits)
        if node["kind"] == "whole_choice":
            choices = node["choices"]
            node["choices"] = [(key, in_currency(label, currency), here) for key, label, here in choices]
        for inner in (node.get("nodes", ()), *(row["nodes"] for row in node.get("rows", ()))):
            _in_currency(inner, currency)


def _asked(document: Mapping[str, Any]) -> set[str]:
    """Return the questions that arise from this document."""
    always = {"rounding", "steps_count", "after_exit_window"}
    try:
        return always | {key for key, wanted, _ in dependent_settings(document) if wanted}
    except (KeyError, TypeError, AttributeError):
        return always


def _section(
    section: PartSection,
    document: Mapping[str, Any],
    path: str,
    faults: Mapping[str, list[str]],
    asked: set[str],
) -> Document:
    parts = [part for part in section.parts if _arises(part, asked, document)]
    children = [_bound(part, document, path, faults) for part in parts]
    keys = [part.key for part in section.parts if isinstance(part, PartField | PartGroup | Rows)]
    wrong = any(re.match(rf"{key}\b", one) for one in faults for key in keys)
    used = any(key in document for key in keys if key != "exempt")
    return {"label": section.label, "nodes": children, "open": section.open or used or wrong}


def _arises(part: Part, asked: set[str], document: Mapping[str, Any]) -> bool:
    return (
        not (isinstance(part, PartField) and part.kind == "question")
        or part.key in asked
        or part.key in document
    )


def _bound(part: Part, value: Mapping[str, Any], path: str, faults: Mapping[str, list[str]]) -> Document:
    """Return a part with what the object at `path` has for it."""
    if isinstance(part, Way):
        return _bound_way(part, value, path, faults)
    if isinstance(part, Differs):
        return _bound_difference(part, value, path, faults)
    assert not isinstance(part, PartSection), "sections are at the top only"
    name = below(path, part.key)
    found = value.get(part.key, ABSENT) if isinstance(value, Mapping) else ABSENT
    node: Document = {"label": part.label, "name": name, "faults": faults.get(name, [])}
    if isinstance(part, PartField):
        return node | _bound_field(part, found)
    if isinstance(part, PartGroup):
        inner = found if isinstance(found, Mapping) else {}
        shown = not part.optional or isinstance(found, Mapping)
        children = [_bound(one, inner, name, faults) for one in part.parts] if shown else []
        return node | {"kind": "group", "optional": part.optional, "present": shown, "nodes": children}
    rows = found if isinstance(found, list) else []
    bound = [
        {
            "name": f"{name}[{index}]",
            "faults": faults.get(f"{name}[{index}]", []) + faults.get(f"{name}[{index}].cycle", []),
            "nodes": [_bound(one, row, f"{name}[{index}]", faults) for one in part.parts],
        }
        for index, row in enumerate(rows)
    ]
    return node | {"kind": "rows", "rows": bound, "short": part.key in {"steps", "caps", "long_caps"}}


def _bound_way(way: Way, value: Any, path: str, faults: Mapping[str, list[str]]) -> Document:
    value = value if isinstance(value, Mapping) else {}
    name = below(path, way.key or way.name)
    chosen = _chosen(way, value)
    choices = [(one.value, one.label, one is chosen) for one in way.options]
    nodes = [_bound(part, value, path, faults) for part in chosen.parts] if chosen else []
    return {
        "kind": "way", "label": way.label, "name": f"way:{name}", "faults": faults.get(name, []),
        "choices": choices, "nodes": nodes,
    }  # fmt: skip


def _chosen(way: Way, value: Mapping[str, Any]) -> Option | None:
    if way.key:
        return next((one for one in way.options if one.value == value.get(way.key)), None)
    return next((one for one in way.options if one.marker in value), way.options[0])


def _bound_difference(part: Differs, value: Any, path: str, faults: Mapping[str, list[str]]) -> Document:
    value = value if isinstance(value, Mapping) else {}
    key = part.part.key
    how = "usual" if key not in value else "none" if value[key] is None else "differs"
    nodes = []
    if how == "differs":
        inner = part.part
        bound = _bound(inner, value, path, faults)
        nodes = [bound | {"optional": False, "present": True}] if isinstance(inner, PartGroup) else [bound]
        if isinstance(inner, PartGroup) and inner.optional and not isinstance(value[key], Mapping):
            nodes = [bound | {
                "optional": False, "present": True,
                "nodes": [_bound(one, {}, below(path, key), faults) for one in inner.parts],
            }]  # fmt: skip
    return {
        "kind": "differs", "label": part.part.label, "name": f"differs:{below(path, key)}", "how": how,
        "nullable": part.nullable, "nodes": nodes,
        "faults": [] if nodes else faults.get(below(path, key), []),
    }  # fmt: skip


def _bound_field(part: PartField, value: Any) -> Document:
    known = [str(one) for one in value] if isinstance(value, list) else []
    text = "" if value is ABSENT or value is None or isinstance(value, bool) else _shown(part, value)
    choices = [
        (key, label, key in known if part.kind in LISTS else key == text) for key, label in part.choices
    ]
    if text and part.choices and part.kind not in LISTS and not any(one[2] for one in choices):
        choices.append((text, text, True))
    return {
        "kind": "choices" if part.kind == "kinds" else part.kind,
        "asks": part.kind == "kinds",
        "value": "\n".join(_word_of(part, one) for one in known) if part.kind == "lines" else text,
        "typed": "" if value is ABSENT else value,
        "checked": value is True,
        "choices": choices,
        "suggested": part.names.values(),
    }


def _shown(part: PartField, value: Any) -> str:
    return _amount(value, CNY.digits) if part.kind == "yuan" else _word_of(part, str(value))


def _word_of(part: PartField, value: str) -> str:
    return str(part.names.get(value, value))


def _amount(value: Any, digits: int) -> str:
    """Return an amount of the document as it is typed; what is none, as it is."""
    is_whole = type(value) is int and abs(value) < MOST_SHOWN
    if is_whole or (isinstance(value, str) and _FINE.fullmatch(value)):
        return f"{Decimal(value).scaleb(-digits):f}"
    return str(value)


def paths(nodes: Iterable[Document]) -> Iterator[str]:
    """Yield the path of each field, group and row of bound nodes."""
    for node in nodes:
        yield re.sub(r"^(way|differs):", "", node.get("name", ""))
        yield from paths(node.get("nodes", []))
        yield from paths(node.get("rows", []))
