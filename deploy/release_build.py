"""What a release is, and how one is made of a source tree, with Python packages of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy import own_python
from deploy.server_settings import read_answers
from deploy.system import CODE, Fault, Progress, held_lock, lack_of_space, last_line, run

RELEASES = CODE / "releases"
NAME = "purecode-parking"  # in pyproject.toml
NOT_COPIED = {
    *(".git", ".venv", ".uv", "var", "node_modules", "mutants", "__pycache__"),
    *(".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache", ".import_linter_cache"),
}
NOT_OF_SOURCE = {".git", ".complete"}  # of a worktree, and of a release that is a source of its own


@dataclass(frozen=True)
class InstalledRelease:
    """One release on this server. Its name holds the version and a digest of its files."""

    name: str

    @property
    def folder(self) -> Path:
        return RELEASES / self.name

    @property
    def version(self) -> str:
        return self.name.rpartition("-")[0]


def files_of(source: Path) -> Iterator[Path]:
    """Yield the files of a source tree that belong to a release, in a fixed order."""
    for folder, names, files in os.walk(source):
        names[:] = sorted(name for name in names if name not in NOT_COPIED)
        for name in sorted(files):
            if not name.endswith(".pyc") and not (name in NOT_OF_SOURCE and Path(folder) == source):
                yield Path(folder, name)


def identify(source: Path) -> InstalledRelease:
    """Return the release that a source tree makes."""
    try:
        project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        project = {}
    if project.get("name") != NAME:
        raise Fault(f"{source} is not a PureCode source folder: name the folder with pyproject.toml")
    digest = hashlib.sha256()
    for path in files_of(source):
        digest.update(f"{path.relative_to(source)}\0{path.stat().st_mode & 0o111 != 0}\0".encode())
        digest.update(path.read_bytes())
    return InstalledRelease(f"{project['version']}-{digest.hexdigest()[:8]}")


def is_complete(release: InstalledRelease) -> bool:
    """Return whether a release has its packages and their Python, which an upgrade of Debian removes."""
    return all((release.folder / name).exists() for name in (".complete", ".venv/stamp", ".venv/bin/python"))


def build(source: Path) -> InstalledRelease:
    """Copy a source tree to its release folder with Python packages of its own, unless it is there."""
    release = identify(source)
    if is_complete(release):
        return release
    if (release.folder / ".complete").exists():
        with Progress("Installing its Python packages again"):
            _install_packages(release.folder, with_selfcheck=read_answers().selfcheck)
        return release
    RELEASES.mkdir(parents=True, exist_ok=True)
    spare = RELEASES / f".{release.name}"
    shutil.rmtree(spare, ignore_errors=True)
    shutil.rmtree(release.folder, ignore_errors=True)
    try:
        _build(source, release, spare)
    except BaseException:  # a full disk, an interruption: nothing half done is left
        shutil.rmtree(spare, ignore_errors=True)
        shutil.rmtree(release.folder, ignore_errors=True)
        raise
    return release


def _build(source: Path, release: InstalledRelease, spare: Path) -> None:
    with Progress(f"Copying release {release.name}"):
        for path in files_of(source):
            target = spare / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
            target.chmod(0o755 if path.stat().st_mode & 0o111 else 0o644)
        for folder, _, _ in os.walk(spare):
            os.chmod(folder, 0o755)
        # In place before its packages are installed, because a virtual environment holds its own path.
        spare.replace(release.folder)
    with Progress("Installing its Python packages"):
        _install_packages(release.folder, with_selfcheck=read_answers().selfcheck)
    os.sync()  # a power cut must not leave the mark and take the files
    (release.folder / ".complete").touch()


def add_selfcheck(release: InstalledRelease) -> None:
    """Add the Python packages of the self-check to a release that was built without them."""
    with Progress("Adding the self-check's Python packages"):
        _install_packages(release.folder, with_selfcheck=True)


def _install_packages(folder: Path, *, with_selfcheck: bool) -> None:
    env = own_python.package_environment()
    if not own_python.has_python():
        env["PATH"] = f"{own_python.bring_python(folder).parent}:{os.environ.get('PATH', os.defpath)}"
    python = sys.executable or "python3"
    done = subprocess.run(
        [python, "-m", "tools.setup", "selfcheck" if with_selfcheck else "run"],
        cwd=folder,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        pass_fds=held_lock(),
        check=False,
    )
    if done.returncode:
        raise Fault(f"the Python packages could not be installed: {_reason_in(done.stdout)}")
    shutil.rmtree(folder / ".uv", ignore_errors=True)  # only the installation needs it
    run(
        folder / ".venv/bin/python",
        "-m",
        "compileall",
        "-q",
        "-j",
        "0",
        folder,
        "-x",
        r"/\.venv/",
        cwd=folder,
    )
    own_python.make_readable(folder / ".venv")


def _reason_in(output: str) -> str:
    """Return why pip or uv failed, in one line with what to try."""
    if full := lack_of_space(output):
        return full
    errors = [line for line in output.splitlines() if line.lower().startswith("error")]
    return "; ".join(dict.fromkeys([*errors[-1:], last_line(output)])) + _way_out()


def _way_out() -> str:
    """Return what to try where no proxy is set: sudo, for one, takes it away."""
    if {"https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"} & os.environ.keys():
        return ""
    return (
        ". If only a proxy or a mirror has them, set https_proxy or PIP_INDEX_URL (sudo keeps them with"
        " --preserve-env=https_proxy,PIP_INDEX_URL)"
    )
