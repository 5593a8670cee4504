"""The commands of the documentation, taken from the pages themselves."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
BLOCK = re.compile(r"<!-- test: ([^>]+) -->\n```sh\n(.*?)```", re.S)


def text(name: str) -> str:
    """Return a page, each paragraph as one line."""
    return re.sub(r"(?<=\S)\n(?=\S)", " ", (DOCS / name).read_text(encoding="utf-8"))


def commands() -> dict[str, str]:
    """Return each marked block of commands under its name, as one line of shell."""
    found: dict[str, str] = {}
    for name in ("install.md", "upgrading.md", "backup.md"):
        for title, text in BLOCK.findall((DOCS / name).read_text(encoding="utf-8")):
            assert title not in found, f"two blocks are called {title}"
            found[title] = " && ".join(text.strip().splitlines())
    return found
