"""Finds or installs the programs other than Python that tests and benchmarks need."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.packages import Missing, install, install_command

ROOT = Path(__file__).resolve().parent.parent
MIN_POSTGRESQL = 15
# The headless shell first: it is Chromium without user interface and makes browser tests a quarter faster.
HEADLESS_SHELL = "chromium-headless-shell"
CHROMIUM_NAMES = (HEADLESS_SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS_BROWSERS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def _output(*command: object) -> str:
    """Return what a command prints, or an empty string if it fails."""
    try:
        return subprocess.run(
            [str(argument) for argument in command], capture_output=True, text=True, timeout=30, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def server_version(folder: Path) -> int:
    """Return the major version of the PostgreSQL server in a folder, or 0 if there is none."""
    if not (folder / "initdb").exists():
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", _output(folder / "postgres", "--version"))
    return int(found.group(1)) if found else 0


def newest_server(folders: Iterable[Path]) -> Path | None:
    """Return the folder of the newest PostgreSQL server, or None if none is new enough.

    Symbolic links are resolved, because the other server programs are next to the link's target.
    """
    resolved = dict.fromkeys((folder / "postgres").resolve().parent for folder in folders)
    versions = {folder: server_version(folder) for folder in resolved}
    best = max(versions, key=versions.__getitem__, default=None)
    return best if best and versions[best] >= MIN_POSTGRESQL else None


def find_postgresql() -> Path | None:
    """Return the folder of PostgreSQL's server programs; on Debian and Homebrew it is not on the PATH."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders += Path("/usr/lib/postgresql").glob("*/bin")
    for prefix in ("/opt/homebrew/opt", "/usr/local/opt"):
        folders += Path(prefix).glob("postgresql*/bin")
    if bindir := _output("pg_config", "--bindir").strip():
        folders.append(Path(bindir))
    return newest_server(folders)


def find_chromium() -> Path | None:
    """Return the path of a Chromium; the one named by CHROMIUM has priority."""
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
    """A program and the packages that contain it. `debian` separates alternatives by " | ", best first."""

    name: str
    find: Callable[[], Path | None]
    debian: str
    homebrew: str

    def bring(self) -> Path:
        """Return its path. Install it if it is missing and this is root on Debian."""
        choices = self.debian.split(" | ")
        found = self.find()
        for choice in choices:
            if not found:
                install(choice)
                found = self.find()
        if not found:
            raise Missing(
                f"{self.name} is missing: {install_command(debian=choices[-1], homebrew=self.homebrew)}"
            )
        return found


POSTGRESQL = Program("PostgreSQL (15 or newer)", find_postgresql, "postgresql", "postgresql")
DRIVER_LIBRARY = "libatomic1"  # for Playwright's driver; Debian 12's Chromium does not bring it
CHROMIUM = Program(
    "Chromium",
    find_chromium,
    f"{HEADLESS_SHELL} {DRIVER_LIBRARY} | chromium {DRIVER_LIBRARY}",
    "--cask chromium",
)
CURL = Program("curl", lambda: _on_path("curl"), "curl", "curl")
OPENSSL = Program("openssl", lambda: _on_path("openssl"), "openssl", "openssl")
TESSERACT = Program(
    "tesseract with Chinese",
    lambda: _on_path("tesseract") if "chi_sim" in _output("tesseract", "--list-langs").split() else None,
    "tesseract-ocr tesseract-ocr-chi-sim",
    "tesseract tesseract-lang",
)
NGINX = Program("nginx", lambda: _on_path("nginx"), "nginx", "nginx")
GETTEXT = Program("gettext", find_msgfmt, "gettext", "gettext")


def install_chinese_font() -> None:
    """Install a Chinese font for screenshots if there is none and we can. No test depends on it."""
    if sys.platform == "linux" and not _output("fc-list", ":lang=zh").strip():
        install("fonts-noto-cjk")


def writable_home() -> str:
    """Return a writable home folder: browsers and caches need one, and some accounts have none."""
    home = os.environ.get("HOME", "")
    if home and os.access(home, os.W_OK | os.X_OK):
        return home
    spare = ROOT / "var" / "home"
    spare.mkdir(parents=True, exist_ok=True)
    return str(spare)
