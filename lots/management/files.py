"""What several commands ask for, with a sentence where it is not there."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from lots.models import Lot, Sign


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


def sign_numbered(slug: str, number: int) -> Sign:
    sign = Sign.objects.select_related("lot").filter(lot=lot_called(slug), number=number).first()
    if sign is None:
        raise CommandError(f"There is no sign {number} in {slug!r}.")
    return sign
