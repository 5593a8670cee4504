"""What the commands that change settings have in common: options made from the fields, one service each."""

from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Model
from django.utils.translation import override

from lots.setup.setting_changes import SettingFault


def add_options(parser: CommandParser, model: type[Model], names: Iterable[str]) -> None:
    """Add an option for each field, of its kind."""
    for name in names:
        field: Any = model._meta.get_field(name)
        kind: Any = int if field.get_internal_type().startswith("Positive") else str
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, type=kind, help=field.help_text or None)


def said(options: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: options[name] for name in names if options[name] is not None}


class English(override):
    """Speak English, as commands do, and say every fault in one sentence."""

    def __init__(self) -> None:
        super().__init__("en")

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        super().__exit__(kind, value, trace)
        if isinstance(value, SettingFault):
            faults = [f"{name}: {' '.join(words)}" for name, words in value.faults.items()]
            raise CommandError("Nothing was written.\n" + "\n".join(faults)) from None
