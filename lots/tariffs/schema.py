"""The JSON Schema of the document, for editors and other programs."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def schema() -> dict[str, Any]:
    """Return the schema. It knows shapes; what cannot be combined, only the reader knows."""
    text = files("lots.tariffs").joinpath("schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
