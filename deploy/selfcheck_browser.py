"""The self-check's browser: Debian's Chromium, or Playwright's own on Ubuntu, where Chromium is a snap."""

from __future__ import annotations

import shutil
from pathlib import Path

from deploy.release_build import InstalledRelease
from deploy.server_settings import manage, read_answers, read_env
from deploy.system import CODE, Fault, apt_install, packages_missing, run

BROWSERS = CODE / "browsers"  # of Playwright; the unit names it
PACKAGE = "chromium-headless-shell"
PROGRAMS = (PACKAGE, "chromium")
BESIDE = (
    "fonts-wqy-microhei",  # without a Chinese font every sign of a page is the same box
    "libatomic1",  # for Playwright's driver; Debian 12's Chromium does not bring it
)


def is_installed() -> bool:
    has_program = any(shutil.which(name) for name in PROGRAMS) or any(BROWSERS.glob("chromium*"))
    return has_program and not packages_missing(BESIDE)


def install(release: InstalledRelease) -> None:
    """Install the browser and what it needs beside it."""
    try:
        if read_env(Path("/etc/os-release")).get("ID") == "debian":
            apt_install([PACKAGE, *BESIDE])
        else:
            apt_install(BESIDE)
            _install_from_playwright(release)
    except Fault as fault:
        reason = f"the self-check's browser: {fault} (deploy/install --no-selfcheck leaves it out)"
        raise Fault(reason) from None


def _install_from_playwright(release: InstalledRelease) -> None:
    words = ["-m", "playwright", "install", "--with-deps", "--only-shell", "chromium"]
    run(release.folder / ".venv/bin/python", *words, env={"PLAYWRIGHT_BROWSERS_PATH": str(BROWSERS)})


def has_packages(release: InstalledRelease) -> bool:
    """Return whether a release has the Python packages of the self-check."""
    return any(release.folder.glob(".venv/lib/python3*/site-packages/playwright"))


def reason_against() -> str | None:
    """Start the browser as the application's user; return why it does not start, None where it does."""
    try:
        manage("selfcheck_ready", overrides={"PLAYWRIGHT_BROWSERS_PATH": str(BROWSERS)})
    except Fault as fault:
        return str(fault).removeprefix("manage selfcheck_ready: CommandError: ")
    return None


def is_wanted() -> bool:
    return read_answers().selfcheck
