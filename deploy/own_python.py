"""The Python that releases run with: the system's, or one that is brought where the system's is too old."""

from __future__ import annotations

import errno
import os
import platform
import re
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path

from deploy.system import CACHE, CODE, Fault, run, succeeds, unpack

PYTHONS = ("3.14", "3.13", "3.12")  # for which the locked packages are made
NEW_PYTHON = "3.13"
PYTHON = CODE / "python"
PYTHON_PLACE = "https://github.com/astral-sh/python-build-standalone/releases/download"  # uv's own
PYTHON_SECONDS = 10
PYTHON_REMEDY = (
    "bring its archive and name it with deploy/install --python FILE (docs/install.md#python), or set"
    " https_proxy or UV_PYTHON_INSTALL_MIRROR, then run this again"
)


def has_python() -> bool:
    """Return whether the system has a Python that is new enough."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}" in PYTHONS or any(
        succeeds(f"python{version}", "-c", "import venv, ensurepip") for version in PYTHONS
    )


def brought() -> Path | None:
    """Return the program of the Python that was brought for the releases alone."""
    return next(iter(sorted(PYTHON.glob("cpython-*/bin/python3"), reverse=True)), None)


def bring_python(source: Path, archive: Path | None = None) -> Path:
    """Bring a newer Python where the system's is too old, from an archive or by uv; return its program."""
    if archive:
        _unpack_python(archive)
    elif not brought():
        _download_python(source)
    program = brought()
    if program is None:
        raise Fault(f"Python {NEW_PYTHON} could not be downloaded: {PYTHON_REMEDY}")
    return program


def _unpack_python(archive: Path) -> None:
    """Unpack the Python that an administrator brought. It is tried before it counts."""
    spare = PYTHON / ".given"
    shutil.rmtree(spare, ignore_errors=True)
    spare.mkdir(parents=True)
    try:
        unpack(archive, spare)
        program = next(spare.glob("*/bin/python3"), spare)
        version = run(program, "-IB", "-c", "import sys, ssl, venv, ensurepip; print(sys.version.split()[0])")
        version = version.strip()
        if version.rpartition(".")[0] in PYTHONS:
            make_readable(program.parent.parent)
            program.parent.parent.replace(PYTHON / f"cpython-{version}-given")
            return
    except (Fault, OSError) as error:
        if os.strerror(errno.ENOSPC) in str(error):
            raise
        raise _unfit(archive, error) from None
    finally:
        shutil.rmtree(spare, ignore_errors=True)
    raise _unfit(archive, f"it is Python {version}")


def examine_archive(archive: Path) -> None:
    """Raise `Fault` where a file is no archive of a Python, before anything is changed."""
    try:
        listed = run("tar", "--list", "--file", archive.resolve())
    except Fault as fault:
        raise _unfit(archive, fault) from None
    if not re.search(r"(?m)^(\./)?[^/\n]+/bin/python3$", listed):
        raise _unfit(archive)


def _unfit(archive: Path, error: Exception | str = "") -> Fault:
    reason = f" ({error})" if str(error) else ""
    return Fault(
        f"--python: {archive} holds no Python 3.12 to 3.14 for this server{reason}:"
        f" take {python_archive()} of python-build-standalone"
    )


def python_archive() -> str:
    """Return the name of the archive that suits this server."""
    return f"cpython-{NEW_PYTHON}.…-{platform.machine()}-unknown-linux-gnu-install_only.tar.gz"


def _download_python(source: Path) -> None:
    env = package_environment()
    uv = PYTHON / "uv"
    run(sys.executable, "-m", "venv", uv)
    locked: list[str | Path] = [
        "--quiet",
        "--require-hashes",
        "--only-binary=:all:",
        "-r",
        source / "requirements-uv.txt",
    ]
    run(uv / "bin" / "pip", "install", *locked, env=env)
    # The certificates of the system: a proxy that looks into TLS has one of its own there.
    wanted = {"UV_PYTHON_INSTALL_DIR": str(PYTHON), "UV_PYTHON_DOWNLOADS": "manual", "UV_SYSTEM_CERTS": "1"}
    try:
        run(uv / "bin" / "uv", "python", "install", NEW_PYTHON, env={**env, **wanted})
    except Fault as fault:
        raise Fault(f"Python {NEW_PYTHON} could not be downloaded: {PYTHON_REMEDY} ({fault})") from None


def examine_python_place() -> None:
    """Raise `Fault` where the server that has Python does not answer: uv asks it for minutes."""
    place = os.environ.get("UV_PYTHON_INSTALL_MIRROR") or PYTHON_PLACE
    if not place.startswith(("https:", "http:")):
        return
    try:
        urllib.request.urlopen(place, timeout=PYTHON_SECONDS).close()  # noqa: S310 - checked above
    except urllib.error.HTTPError:  # it answers, though it has no page there
        return
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Fault(
            f"This system's Python is too old, and {place} has none to give ({reason}): {PYTHON_REMEDY}"
        ) from None


def package_environment() -> dict[str, str]:
    """Return where pip and uv keep what they download."""
    return {
        "HOME": "/root",
        "UV_CACHE_DIR": str(CACHE / "uv"),
        "PIP_CACHE_DIR": str(CACHE / "pip"),
        "UV_COMPILE_BYTECODE": "1",
    }


def make_readable(folder: Path) -> None:
    """Let all accounts read what was installed, and root alone change it: uv leaves a lock open to all."""
    for root, _, files in os.walk(folder):
        os.chmod(root, (os.stat(root).st_mode | 0o055) & ~0o022)
        for name in files:
            path = Path(root, name)
            if not path.is_symlink():
                path.chmod((path.stat().st_mode | 0o044) & ~0o022)
