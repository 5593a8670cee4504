"""The commands of the documentation, taken from the pages themselves."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
BLOCK = re.compile(r"<!-- test: ([^>]+) -->\n```sh\n(.*?)```", re.S)


def text(name: str) -> str:
    """Return a page, each paragraph as one line."""
    return re.sub(r"(?<=\S)\n(?=\S)", " ", (DOCS / name).read_text(encoding="utf-8"))


def sql(name: str) -> str:
    """Return the page's block of SQL."""
    (block,) = re.findall(r"```sql\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.S)
    return str(block)


def commands() -> dict[str, str]:
    """Return each marked block of commands under its name, as one line of shell."""
    found: dict[str, str] = {}
    for name in ("install.md", "upgrading.md", "backup.md"):
        for title, text in BLOCK.findall((DOCS / name).read_text(encoding="utf-8")):
            assert title not in found, f"two blocks are called {title}"
            found[title] = " && ".join(text.strip().splitlines())
    return found
