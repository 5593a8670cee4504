"""What several commands read, with an error message where it is missing."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from core import shallow_json
from lots.models import Lot


def read_json(file: str) -> Any:
    """Return the JSON value in a file. Raises `CommandError` for what is none, or names a key twice."""
    try:
        text = Path(file).read_text(encoding="utf-8-sig")  # Windows editors begin with a mark
        return shallow_json.loads(text, parse_constant=_no_number, object_pairs_hook=shallow_json.named_once)
    except OSError as error:
        raise CommandError(f"Cannot read the file: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError("The file is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise CommandError(f"The file is no JSON: line {error.lineno}: {error.msg}") from None
    except shallow_json.NamedTwice as error:
        raise CommandError(f"The file has {error}.") from None
    except ValueError as error:
        raise CommandError(f"The file is no JSON: {error}") from None


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def lot_called(slug: str) -> Lot:
    lot = Lot.objects.select_related("operator").filter(slug=slug).first()
    if lot is None:
        raise CommandError(f"There is no lot {slug!r}.")
    return lot
