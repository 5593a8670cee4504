"""The programs beside Python that tests and measurements need: found on this machine, or brought to it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.packages import Missing, advice, install

ROOT = Path(__file__).resolve().parent.parent
OLDEST_POSTGRESQL = 15
# The shell first: it is Chromium without the parts for a person, and costs a walk a quarter less.
SHELL = "chromium-headless-shell"
CHROMIUM_NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS_BROWSERS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def _output(*command: object) -> str:
    """Return what a command prints, or nothing when it does not run."""
    try:
        return subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=30, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def server_version(folder: Path) -> int:
    """Return the major version of the PostgreSQL server in a folder, 0 without one."""
    if not (folder / "initdb").exists():
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", _output(folder / "postgres", "--version"))
    return int(found.group(1)) if found else 0


def newest_server(folders: Iterable[Path]) -> Path | None:
    """Return the folder with the newest PostgreSQL server that is new enough; of a link, where it leads: the
    other programs are there."""
    homes = dict.fromkeys((folder / "postgres").resolve().parent for folder in folders)
    versions = {home: server_version(home) for home in homes}
    best = max(versions, key=versions.__getitem__, default=None)
    return best if best and versions[best] >= OLDEST_POSTGRESQL else None


def find_postgresql() -> Path | None:
    """Return the folder of PostgreSQL's server programs; Debian and Homebrew keep them off the PATH."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders += Path("/usr/lib/postgresql").glob("*/bin")
    for prefix in ("/opt/homebrew/opt", "/usr/local/opt"):
        folders += Path(prefix).glob("postgresql*/bin")
    if told := _output("pg_config", "--bindir").strip():
        folders.append(Path(told))
    return newest_server(folders)


def find_chromium() -> Path | None:
    """Return a Chromium, the one named by CHROMIUM first."""
    names = [os.environ.get("CHROMIUM", ""), *CHROMIUM_NAMES, *MACOS_BROWSERS]
    return next((Path(found) for name in names if name and (found := shutil.which(name))), None)


def find_msgfmt() -> Path | None:
    found = shutil.which("msgfmt") or shutil.which("/opt/homebrew/opt/gettext/bin/msgfmt")
    return Path(found) if found else None


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


@dataclass(frozen=True)
class Program:
    """Something to find, and the packages that bring it. `debian`: with bars between, the best first."""

    name: str
    find: Callable[[], Path | None]
    debian: str
    homebrew: str

    def bring(self) -> Path:
        """Return where it is, installing it if we may."""
        choices = self.debian.split(" | ")
        found = self.find()
        for choice in choices:
            if not found:
                install(choice)
                found = self.find()
        if not found:
            raise Missing(f"{self.name} is missing: {advice(debian=choices[-1], homebrew=self.homebrew)}")
        return found


POSTGRESQL = Program("PostgreSQL (15 or newer)", find_postgresql, "postgresql", "postgresql")
CHROMIUM = Program("Chromium", find_chromium, f"{SHELL} | chromium", "--cask chromium")
CURL = Program("curl", lambda: _on_path("curl"), "curl", "curl")
OPENSSL = Program("openssl", lambda: _on_path("openssl"), "openssl", "openssl")
GETTEXT = Program("gettext", find_msgfmt, "gettext", "gettext")


def bring_chinese_font() -> None:
    """See that a page's picture shows Chinese, if that is ours to see to: no test depends on it."""
    if sys.platform == "linux" and not _output("fc-list", ":lang=zh").strip():
        install("fonts-noto-cjk")


def home() -> str:
    """Return a home folder that can be written to: browsers and caches want one, accounts may have none."""
    own = os.environ.get("HOME", "")
    if own and os.access(own, os.W_OK | os.X_OK):
        return own
    spare = ROOT / "var" / "home"
    spare.mkdir(parents=True, exist_ok=True)
    return str(spare)
