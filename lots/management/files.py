"""What several commands read, with an error message where it is missing."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from lots.models import Lot


def read_json(file: str) -> Any:
    try:
        return json.loads(Path(file).read_text(encoding="utf-8-sig"))  # Windows editors begin with a mark
    except OSError as error:
        raise CommandError(f"Cannot read the file: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError("The file is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise CommandError(f"The file is no JSON: line {error.lineno}: {error.msg}") from None


def lot_called(slug: str) -> Lot:
    lot = Lot.objects.select_related("operator").filter(slug=slug).first()
    if lot is None:
        raise CommandError(f"There is no lot {slug!r}.")
    return lot
