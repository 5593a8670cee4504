"""Installs what the project runs on: uv in `.uv`, a Python and the locked packages in `.venv`.

Runs on the machine's python3 (3.9 or newer) with the standard library only, because that Python may be older
than the one Django needs, which this script has to find. Prints one line if something is missing.

    python3 -m tools.setup run|selfcheck|dev|lock
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

from tools.packages import Missing, install_command

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".uv"
ROOM = 100 * 1024**2  # bytes for uv
VENV = ROOT / ".venv"
MIN_PYTHON, MAX_PYTHON = (3, 12), (3, 14)  # the lock has wheels for these
PYTHON_NAMES = ("python3.13", "python3.14", "python3.12", "python3")
COMMON_FOLDERS = ("/usr/local/bin", "/usr/bin", "/opt/homebrew/bin")
LOCKS = {
    "run": ("requirements.txt",),
    "selfcheck": ("requirements.txt", "requirements-selfcheck.txt"),
    "dev": ("requirements.txt", "requirements-dev.txt"),
}
# These would select another Python or another target folder.
IGNORED_VARIABLES = (
    *("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH"),
    *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV"),
)
# Settings of pip and the corresponding variables of uv.
UV_VARIABLES = {
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
    """Yield paths that may be Python interpreters, the running one first."""
    yield sys.executable
    folders = dict.fromkeys([*filter(None, path.split(os.pathsep)), *COMMON_FOLDERS])
    for name in PYTHON_NAMES:
        for folder in folders:
            if os.access(os.path.join(folder, name), os.X_OK):  # noqa: PTH118
                yield os.path.join(folder, name)  # noqa: PTH118


def version_of(python: str) -> tuple[int, ...]:
    """Return the version that a Python reports; its name is not reliable, as it may be a shim."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=20, check=True)
        return tuple(int(part) for part in done.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return ()


def find_python(candidates: Iterable[str]) -> str | None:
    """Return the first candidate whose version is supported."""
    return next((python for python in candidates if MIN_PYTHON <= version_of(python) <= MAX_PYTHON), None)


def require_python() -> str:
    """Return a supported Python. Never install one: that is for the owner of the machine to decide."""
    found = find_python(interpreters(os.environ.get("PATH", "")))
    if not found:
        here = ".".join(map(str, sys.version_info[:2]))
        command = install_command(debian="python3.13 python3.13-venv", homebrew="python@3.13")
        raise Missing(f"PureCode needs Python 3.12, 3.13 or 3.14 (this one is {here}): {command}")
    return found


def environment() -> dict[str, str]:
    """Return the environment for pip and uv, without variables that would redirect them."""
    env = {name: value for name, value in os.environ.items() if name not in IGNORED_VARIABLES}
    env.update(PIP_DISABLE_PIP_VERSION_CHECK="1", UV_SYSTEM_CERTS="1", UV_PYTHON_DOWNLOADS="never")
    if not has_writable_home(env):
        env.setdefault("UV_CACHE_DIR", str(ROOT / "var" / "cache" / "uv"))
        env.setdefault("PIP_CACHE_DIR", str(ROOT / "var" / "cache" / "pip"))
    return env


def has_writable_home(env: Mapping[str, str]) -> bool:
    """Return whether there is a home folder for caches."""
    home = env.get("HOME", "")
    return bool(home) and os.access(home, os.W_OK | os.X_OK)


def uv_settings(listing: str, env: Mapping[str, str]) -> dict[str, str]:
    """Translate `pip config list` for uv, which reads no pip.conf. Existing variables of uv have priority."""
    settings: dict[str, str] = {}
    # Files first, environment variables last, because later values override earlier ones.
    for line in sorted(listing.splitlines(), key=lambda line: line.startswith(":env:")):
        key, _, value = line.partition("=")
        name = UV_VARIABLES.get(key.rpartition(".")[2])
        if name and name not in env:
            values = str(ast.literal_eval(value)).split()
            settings[name] = (" " if name == "UV_INDEX" else ",").join(values)
    if "UV_INDEX" in settings:
        # Like pip: take the best version of any index. The lock's hashes make this safe.
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return settings


def uv_environment() -> dict[str, str]:
    """Return the environment for uv, with the package index that pip would use."""
    env = environment()
    uv_python = UV / "bin" / "python"
    listing = subprocess.run(
        [str(uv_python if uv_python.exists() else sys.executable), "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    return {**env, **uv_settings(listing.stdout, env)}


def expected_stamp(*files: str) -> str:
    """Return the stamp of an up-to-date installation: the project's path and a hash of the lock files."""
    content = b"".join((ROOT / name).read_bytes() for name in files)
    return f"{ROOT}\n{hashlib.sha256(content).hexdigest()}\n"


def read_stamp(folder: Path) -> str:
    try:
        return (folder / "stamp").read_text(encoding="utf-8")
    except OSError:
        return ""


def succeeds(*command: object) -> bool:
    """Run a command without output and return whether it succeeded."""
    try:
        done = subprocess.run(
            [str(argument) for argument in command], capture_output=True, env=environment(), check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def install_uv(python: str) -> str:
    """Install the pinned uv in `.uv`, using any Python that has pip, and return its path."""
    uv, expected = UV / "bin" / "uv", expected_stamp("requirements-uv.txt")
    if read_stamp(UV) == expected and succeeds(uv, "--version"):
        return str(uv)
    print("Installing uv", flush=True)
    installer = _installer(python)
    if installer is None:
        if (free := shutil.disk_usage(ROOT).free) < ROOM:
            raise Missing(f"The disk of {ROOT} has {free // 1024**2} MB free: delete files or enlarge it")
        venv = f"python{'.'.join(map(str, version_of(python)))}-venv"
        raise Missing(
            f"Python's venv module is missing: {install_command(debian=venv, homebrew='python@3.13')}"
        )
    done = subprocess.run(
        [*installer, "--quiet", "--require-hashes", "--only-binary=:all:", "-r", "requirements-uv.txt"],
        cwd=ROOT,
        env=environment(),
        check=False,
    )
    if done.returncode or not succeeds(uv, "--version"):
        raise Missing("uv could not be installed (see pip's output above): is the package index reachable?")
    (UV / "stamp").write_text(expected, encoding="utf-8")
    return str(uv)


def _installer(python: str) -> list[str] | None:
    """Return the pip command that installs into `.uv`: a venv's own, or that of a Python without venv."""
    pythons = dict.fromkeys([python, sys.executable])
    for candidate in pythons:
        shutil.rmtree(UV, ignore_errors=True)
        if succeeds(candidate, "-m", "venv", UV):
            return [str(UV / "bin" / "python"), "-m", "pip", "install"]
    shutil.rmtree(UV, ignore_errors=True)
    for candidate in pythons:
        if succeeds(candidate, "-m", "pip", "--version"):
            return [candidate, "-m", "pip", "install", "--target", str(UV)]
    return None


def install_packages(kind: str) -> None:
    """Install the locked packages in `.venv`, unless they are already installed."""
    locks = LOCKS[kind]
    up_to_date = {expected_stamp(*locks), expected_stamp(*LOCKS["dev"])}  # dev includes run
    usable = succeeds(VENV / "bin" / "python", "--version")
    if read_stamp(VENV) in up_to_date and usable:
        return
    # What the self-check needs is added to an installation that may be serving.
    adds = kind == "selfcheck" and read_stamp(VENV) == expected_stamp(*LOCKS["run"]) and usable
    if not os.access(ROOT, os.W_OK):
        raise Missing(f"{ROOT} is not writable; use a copy of your own")
    python = require_python()
    uv, env = install_uv(python), uv_environment()
    print(f"Installing the packages of {locks[-1]}", flush=True)
    make = [uv, "venv", "--quiet", "--clear", "--python", python, str(VENV)]
    sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--no-build", "--python", str(VENV), locks[-1]]
    for command in (sync,) if adds else (make, sync):
        if subprocess.run(command, cwd=ROOT, env=env, check=False).returncode:
            raise Missing("the packages could not be installed (see uv's output above)")
    (VENV / "stamp").write_text(expected_stamp(*locks), encoding="utf-8")


def lock() -> None:
    """Pin every package with hashes, for all supported Python versions and platforms."""
    python = require_python()
    uv, env = install_uv(python), uv_environment()
    common = [uv, "pip", "compile", "--quiet", "--generate-hashes", "--no-annotate", "--no-header"]
    common += ["--universal", "--python", python, "--python-version", ".".join(map(str, MIN_PYTHON))]
    if os.environ.get("UPGRADE") == "1":
        common += ["--upgrade"]
    tested = ["-c", "requirements-dev.txt"]  # the versions that the tests run with
    for arguments, stdin in (
        (["-", "-o", "requirements-uv.txt"], "uv"),
        (["pyproject.toml", "-o", "requirements.txt"], ""),
        (["--group", "dev", "-c", "requirements.txt", "pyproject.toml", "-o", "requirements-dev.txt"], ""),
        (["--extra", "selfcheck", *tested, "pyproject.toml", "-o", "requirements-selfcheck.txt"], ""),
    ):
        done = subprocess.run([*common, *arguments], cwd=ROOT, env=env, input=stdin, text=True, check=False)
        if done.returncode:
            raise Missing("the packages could not be pinned (see uv's output above)")


def main(kind: str) -> int:
    try:
        if kind == "lock":
            lock()
        else:
            install_packages(kind)
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
