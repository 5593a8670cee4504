"""Messages about signs in the reader's language. The rules about signs are pure and know no Django."""

from collections.abc import Callable

translate: Callable[[str], str] = str  # Django's gettext, once it has started (lots.apps)


def message(template: str, **values: object) -> str:
    """Return an English message in the reader's language, with its values."""
    return translate(template) % values
