"""The data inventory: every stored field, why it is there, on what ground, who receives it, for how long.

Derived from the declarations beside the models' fields (`core.privacy`). docs/data.md, the public notice, the
console's page and the inspection report are made from it.
"""

from functools import cache
from typing import cast

from django.apps import apps
from django.conf import settings
from django.db.models import Model

from core.data_kinds import KINDS
from core.privacy import DataKind, Stored
from staff.django_tables import DJANGO_TABLES

type Tables = dict[str, tuple[Stored, ...]]


@cache
def all_tables() -> Tables:
    """Return the declarations of each installed table, by model label: ours, Django's, then members'."""
    models = {model._meta.label: model for model in apps.get_models(include_auto_created=True)}
    labels = sorted(
        models, key=lambda label: (is_of_members(label), _owner(models[label])._meta.label in DJANGO_TABLES)
    )
    return {label: declared_by(models[label]) for label in labels}


def tables() -> Tables:
    """Return the tables in use: those of members only where members are switched on."""
    found = all_tables()
    return {label: found[label] for label in found if settings.MEMBERS or not is_of_members(label)}


def kinds() -> tuple[DataKind, ...]:
    """Return the kinds of data in use, in the order of the notice; those of members follow."""
    return kinds_of(tables())


def kinds_of(found: Tables) -> tuple[DataKind, ...]:
    used = dict.fromkeys(entry.kind for entries in found.values() for entry in entries)
    return (*(kind for kind in KINDS if kind in used), *(kind for kind in used if kind not in KINDS))


def declared_by(model: type[Model]) -> tuple[Stored, ...]:
    """Return what a model declares. A join table is declared with the many-to-many field that makes it."""
    owner = _owner(model)
    declared: tuple[Stored, ...] = DJANGO_TABLES.get(owner._meta.label, ()) or getattr(owner, "PRIVACY", ())
    if owner is model:
        joins = {field.name for field in model._meta.local_many_to_many}
        return tuple(entry for entry in declared if not joins & set(entry.fields))
    joins = {field.name for field in owner._meta.local_many_to_many if field.remote_field.through is model}
    columns = " ".join(field.name for field in model._meta.local_concrete_fields)
    return tuple(
        Stored(columns, entry.kind, entry.purpose) for entry in declared if joins & set(entry.fields)
    )


def undeclared() -> list[str]:
    """Return the stored fields without exactly one declaration, and declarations without a field."""
    faults = []
    for model in apps.get_models(include_auto_created=True):
        declared = [field for entry in declared_by(model) for field in entry.fields]
        stored = [field.name for field in model._meta.local_concrete_fields]
        names = {*declared, *stored}
        wrong = [name for name in names if (declared.count(name), stored.count(name)) != (1, 1)]
        faults += [f"{model._meta.label}.{name}" for name in sorted(wrong)]
    return faults


def is_of_members(label: str) -> bool:
    return label.startswith("members.")


def _owner(model: type[Model]) -> type[Model]:
    return cast("type[Model]", model._meta.auto_created or model)
