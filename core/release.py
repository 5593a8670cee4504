"""Which release runs here: the version, and a digest of the source files that it was made of."""

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOG = Path("docs", "releases.jsonl")
# What serves the pages. Members, simulators and tests may be deleted without changing a driver's page.
FOLDERS = (
    "compliance",
    "config",
    "console",
    "core",
    "devices",
    "driver",
    "locale",
    "lots",
    "monitoring",
    "payments",
    "presentation",
    "selfcheck",
    "staff",
    "templates",
)
FILES = ("manage.py", "pyproject.toml", "requirements.txt")
NOT_SOURCE = {".mo", ".pyc"}  # made from the sources


@dataclass(frozen=True)
class Release:
    """A version with the SHA-256 of its sources."""

    version: str
    sources: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@cache
def release(root: Path = ROOT) -> Release:
    """Return the release in a source folder; read once per process, as the code itself is."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    digest = hashlib.sha256()
    for path in source_files(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{content}  {path.relative_to(root).as_posix()}\n".encode())
    return Release(str(project["version"]), digest.hexdigest())


def source_files(root: Path) -> Iterator[Path]:
    """Yield the files that the digest covers, in the order of their names."""
    found = [root / name for name in FILES]
    for folder in FOLDERS:
        found += [path for path in (root / folder).rglob("*") if path.is_file()]
    yield from sorted(
        (path for path in found if _is_source(path.relative_to(root))),
        key=lambda path: path.relative_to(root).as_posix(),
    )


def _is_source(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return not hidden and path.suffix not in NOT_SOURCE and "members" not in path.parts


def logged_sources() -> frozenset[str]:
    """Return the digests of sources in the log of releases."""
    try:
        lines = (ROOT / LOG).read_text(encoding="utf-8").splitlines()
        return frozenset(str(json.loads(line).get("sources", "")) for line in lines if line)
    except (OSError, ValueError, AttributeError):
        return frozenset()
