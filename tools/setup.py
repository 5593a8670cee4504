"""Bring what the project runs on: uv in `.uv`, a Python and the locked packages in `.venv`.

Runs on whichever python3 a machine calls its own (3.9 or newer), with nothing but the standard library:
that Python may be older than the one Django needs, and has to find it. Says in one line what is missing.

    python3 -m tools.setup run|dev|lock
"""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tools.packages import Missing, advice

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".uv"
VENV = ROOT / ".venv"
OLDEST, NEWEST = (3, 12), (3, 14)  # the lock has built packages for these
NAMES = ("python3.13", "python3.14", "python3.12", "python3")
USUAL_FOLDERS = ("/usr/local/bin", "/usr/bin", "/opt/homebrew/bin")
LOCKS = {"run": ("requirements.txt",), "dev": ("requirements.txt", "requirements-dev.txt")}
# Who sets these wants another Python or another folder than ours.
LEADING_ASTRAY = (
    *("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH"),
    *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV"),
)
# What pip may have been told about this machine, and how uv wants to hear it.
UV_WORDS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "HTTPS_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}


def interpreters(path: str) -> Iterator[str]:
    """Yield the commands that may be a Python, the running one first."""
    yield sys.executable
    folders = dict.fromkeys([*filter(None, path.split(os.pathsep)), *USUAL_FOLDERS])
    for name in NAMES:
        for folder in folders:
            if os.access(os.path.join(folder, name), os.X_OK):  # noqa: PTH118
                yield os.path.join(folder, name)  # noqa: PTH118


def version_of(python: str) -> tuple[int, ...]:
    """Ask a Python for its version: a name promises little, since shims stand in for what is not there."""
    question = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [python, "-c", question], capture_output=True, text=True, timeout=20, check=True
        )
        return tuple(int(part) for part in answer.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return ()


def find_python(candidates: Iterable[str]) -> str | None:
    """Return the first candidate that really is a Python we have packages for."""
    return next((python for python in candidates if OLDEST <= version_of(python) <= NEWEST), None)


def bring_python() -> str:
    """Return a Python that Django accepts. Installing one is for the owner of the machine to decide."""
    found = find_python(interpreters(os.environ.get("PATH", "")))
    if not found:
        here = ".".join(map(str, sys.version_info[:2]))
        how = advice(debian="python3.13 python3.13-venv", homebrew="python@3.13")
        raise Missing(f"PureCode needs Python 3.12, 3.13 or 3.14 (this one is {here}): {how}")
    return found


def environment() -> dict[str, str]:
    """Return the environment for pip and uv: the machine's own, less what would lead them elsewhere."""
    env = {name: value for name, value in os.environ.items() if name not in LEADING_ASTRAY}
    env.update(PIP_DISABLE_PIP_VERSION_CHECK="1", UV_SYSTEM_CERTS="1", UV_PYTHON_DOWNLOADS="never")
    if not writable(env):
        env.setdefault("UV_CACHE_DIR", str(ROOT / "var" / "cache" / "uv"))
        env.setdefault("PIP_CACHE_DIR", str(ROOT / "var" / "cache" / "pip"))
    return env


def writable(env: Mapping[str, str]) -> bool:
    """Say whether there is a home folder to keep caches in."""
    home = env.get("HOME", "")
    return bool(home) and os.access(home, os.W_OK | os.X_OK)


def uv_settings(listing: str, env: Mapping[str, str]) -> dict[str, str]:
    """Translate `pip config list` for uv, which reads no pip.conf. What uv was told itself stands."""
    told: dict[str, str] = {}
    # The user's and the machine's files first, the environment last: the later one counts.
    for line in sorted(listing.splitlines(), key=lambda line: line.startswith(":env:")):
        key, _, value = line.partition("=")
        name = UV_WORDS.get(key.rpartition(".")[2])
        if name and name not in env:
            words = str(ast.literal_eval(value)).split()
            told[name] = (" " if name == "UV_INDEX" else ",").join(words)
    if "UV_INDEX" in told:
        told["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # as pip does; the hashes of the lock keep it safe
    return told


def uv_environment() -> dict[str, str]:
    """Return the environment for uv, with the package index that pip would use."""
    env = environment()
    own = UV / "bin" / "python"
    listing = subprocess.run(
        [str(own if own.exists() else sys.executable), "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    return {**env, **uv_settings(listing.stdout, env)}


def stamp(*files: str) -> str:
    """Return what an installed folder must say of itself to be up to date: where it is, what is in it."""
    content = b"".join((ROOT / name).read_bytes() for name in files)
    return f"{ROOT}\n{hashlib.sha256(content).hexdigest()}\n"


def stamped(folder: Path) -> str:
    try:
        return (folder / "stamp").read_text(encoding="utf-8")
    except OSError:
        return ""


def runs(*command: object) -> bool:
    """Run a command quietly and say whether it went well."""
    try:
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, env=environment(), check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def bring_uv(python: str) -> str:
    """Install the pinned uv in `.uv`, by any Python here that has a pip, and return its path."""
    uv, wanted = UV / "bin" / "uv", stamp("requirements-uv.txt")
    if stamped(UV) == wanted and runs(uv, "--version"):
        return str(uv)
    print("Bringing uv", flush=True)
    installer = _installer(python)
    if installer is None:
        venv = f"python{'.'.join(map(str, version_of(python)))}-venv"
        raise Missing(f"Python's venv module is missing: {advice(debian=venv, homebrew='python@3.13')}")
    done = subprocess.run(
        [*installer, "--quiet", "--require-hashes", "--only-binary=:all:", "-r", "requirements-uv.txt"],
        cwd=ROOT,
        env=environment(),
        check=False,
    )
    if done.returncode or not runs(uv, "--version"):
        raise Missing("uv could not be installed (pip says why above): is the package index reachable?")
    (UV / "stamp").write_text(wanted, encoding="utf-8")
    return str(uv)


def _installer(python: str) -> list[str] | None:
    """Return the pip command that installs into `.uv`: the folder's own, or that of a Python without venv."""
    makers = dict.fromkeys([python, sys.executable])
    for maker in makers:
        shutil.rmtree(UV, ignore_errors=True)
        if runs(maker, "-m", "venv", UV):
            return [str(UV / "bin" / "python"), "-m", "pip", "install"]
    shutil.rmtree(UV, ignore_errors=True)
    for maker in makers:
        if runs(maker, "-m", "pip", "--version"):
            return [maker, "-m", "pip", "install", "--target", str(UV)]
    return None


def bring_packages(kind: str) -> None:
    """Install the locked packages in `.venv`, unless they are there already."""
    locks = LOCKS[kind]
    up_to_date = {stamp(*locks), stamp(*LOCKS["dev"])}  # who has all of them has those to run on too
    if stamped(VENV) in up_to_date and runs(VENV / "bin" / "python", "--version"):
        return
    if not os.access(ROOT, os.W_OK):
        raise Missing(f"{ROOT} cannot be written to; use a copy of your own")
    python = bring_python()
    uv, env = bring_uv(python), uv_environment()
    print(f"Installing the packages of {locks[-1]}", flush=True)
    make = [uv, "venv", "--quiet", "--clear", "--python", python, str(VENV)]
    sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--no-build", "--python", str(VENV), locks[-1]]
    for command in (make, sync):
        if subprocess.run(command, cwd=ROOT, env=env, check=False).returncode:
            raise Missing("the packages could not be installed (uv says why above)")
    (VENV / "stamp").write_text(stamp(*locks), encoding="utf-8")


def lock() -> None:
    """Pin every package again, with hashes, for each Python and machine that we support."""
    python = bring_python()
    uv, env = bring_uv(python), uv_environment()
    common = [uv, "pip", "compile", "--quiet", "--generate-hashes", "--no-annotate", "--no-header"]
    common += ["--universal", "--python", python, "--python-version", ".".join(map(str, OLDEST))]
    if os.environ.get("UPGRADE") == "1":
        common += ["--upgrade"]
    for words, given in (
        (["-", "-o", "requirements-uv.txt"], "uv"),
        (["pyproject.toml", "-o", "requirements.txt"], ""),
        (["--group", "dev", "-c", "requirements.txt", "pyproject.toml", "-o", "requirements-dev.txt"], ""),
    ):
        done = subprocess.run([*common, *words], cwd=ROOT, env=env, input=given, text=True, check=False)
        if done.returncode:
            raise Missing("the packages could not be pinned (uv says why above)")


def main(kind: str) -> int:
    try:
        if kind == "lock":
            lock()
        else:
            bring_packages(kind)
    except Missing as missing:
        print(missing)
    except OSError as error:
        print(f"Cannot set up in {ROOT}: {error.strerror}")
    except KeyboardInterrupt:
        print("Stopped.")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
