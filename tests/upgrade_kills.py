"""Kills `purecode upgrade` and `rollback` before each thing that they change, on a server of files.

    python -m tests.upgrade_kills            (one line of JSON for each kill; the test reads them)

The commands themselves run, in a child process that ends itself, as by kill -9, before its Nth change: a file
renamed, linked or deleted, a program that changes something. So the steps need no list. systemd, nginx,
PostgreSQL and the package installer are files in a folder: a unit runs where `running/UNIT` is. A power cut
ends all units, and those that are enabled start again, with nginx reading its files.
"""

import itertools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from deploy import (
    backup,
    cli,
    continuous,
    doctor,
    nginx,
    postgres_server,
    release_build,
    releases,
    server_settings,
    system,
)
from deploy.server_settings import Answers

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = Answers("pay.example.cn", "devices.example.cn", "console.example.cn", selfcheck=False)
KILLED = 9
CHANGES = {"os.rename", "os.remove", "os.symlink", "os.rmdir"}  # audit events of the interpreter
FORMER, OLD, NEW = "0.8", "0.9", "1.0"


@dataclass
class Server:
    """A server whose whole state is in a folder."""

    root: Path
    kills_before: int = 0  # which change does not happen any more; 0: all do
    changes: int = 0
    last: str = ""

    def path(self, name: str) -> Path:
        return self.root / name

    def change(self, what: str) -> None:
        """Count a change that is about to be made; end as by kill -9 where it is the chosen one."""
        self.changes += 1
        self.last = what
        if self.changes == self.kills_before:
            self.path("killed-before").write_text(what, encoding="utf-8")
            os._exit(KILLED)

    def watch(self) -> None:
        """Count what this process does with files; copying a release's files counts once."""

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            if event in CHANGES and (path := str(arguments[0])).startswith(f"{self.root}/"):
                name = path.removeprefix(f"{self.root}/")
                if name.partition("/")[0] not in {"running", "enabled"} and name.count("/") < 2:
                    self.change(f"{event} {name}")
            elif event == "open" and str(arguments[0]).endswith("/.complete") and arguments[1] != "r":
                self.change("complete a release")

        sys.addaudithook(hook)

    # What the commands call

    def running(self, unit: str) -> bool:
        return self.path(f"running/{unit}").exists()

    def systemctl(self, *words: str) -> None:
        self.change(f"systemctl {' '.join(words)}")
        act, *rest = words
        for unit in [word for word in rest if not word.startswith("-")]:
            if act in {"enable", "disable"}:
                self._mark(f"enabled/{unit}", on=act == "enable")
            if act in {"start", "stop"} or "--now" in rest:
                self._mark(f"running/{unit}", on=act != "stop")
            elif act == "reload-or-restart" and unit == "nginx":
                self.load()

    def _mark(self, name: str, *, on: bool) -> None:
        if on:
            self.path(name).touch()
        else:
            self.path(name).unlink(missing_ok=True)

    def load(self) -> None:
        self.path("loaded").write_text(self.path("etc/site").read_text(encoding="utf-8"), encoding="utf-8")

    def run(self, *words: str | Path, **_: object) -> str:
        name = Path(words[0]).name
        if name in {"nginx", "journalctl", "systemctl"}:  # `systemctl show` of a unit that is not masked
            return ""
        if name == "sh":  # nginx -v
            return "nginx version: nginx/1.26.3"
        raise AssertionError(f"unexpected program {words}")

    def manage(self, *words: str, slot: str | None = None, **_: object) -> str:
        if words[0] == "migrate":
            self.change("migrate")
        return ""

    def is_ready(self, slot: str, surface: str, _answers: Answers) -> bool:
        return self.running(f"purecode-{surface}@{slot}")

    def install_packages(self, folder: Path, **_: object) -> None:
        self.change("install the packages")
        for name in ("bin/python", "stamp"):
            (folder / ".venv" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / ".venv" / name).touch()

    # What is asked from outside

    def serving(self) -> str | None:
        """Return the release that drivers reach through nginx; None where nothing answers."""
        port = int(
            self.path("loaded")
            .read_text(encoding="utf-8")
            .partition("purecode_driver  { server 127.0.0.1:")[2][:4]
        )
        slot = "a" if port < 8100 else "b"
        if all(self.running(f"purecode-{surface}@{slot}") for surface in ANSWERS.surfaces):
            return self.path(slot).readlink().name.rpartition("-")[0]
        return None

    def cut_power(self) -> None:
        for unit in self.path("running").iterdir():
            unit.unlink()
        for unit in self.path("enabled").iterdir():
            self._mark(f"running/{unit.name}", on=True)
        self.load()

    def units(self, kind: str) -> set[str]:
        return {path.name for path in self.path(kind).iterdir() if "@" in path.name}


def stand_ins(server: Server) -> dict[str, object]:
    """Return what the modules of deploy/ import from each other and is not real here."""
    root = server.root
    return {
        "CODE": root,
        "CONFIG": root / "etc",
        "SETTINGS": root / "etc" / "purecode.env",
        "STAGING": root / "etc" / "staging.env",
        "UNITS": root / "units",
        "run": server.run,
        "systemctl": server.systemctl,
        "manage": server.manage,
        "is_active": server.running,
        "is_stopped": lambda unit: not server.running(unit),
        "is_enabled": lambda unit: server.path(f"enabled/{unit}").exists(),
        "is_changing": lambda: False,
        "restarts": lambda unit: 0,
        "keeper": lambda port: None,
        "free_bytes": lambda path: 2**40,
        "memory_free": lambda: 2**40,
        "user_id": lambda name: os.getuid(),
        "group_id": lambda name: os.getgid(),
        "read_answers": lambda: ANSWERS,
        "settings_faults": lambda: iter(()),
        "has_ipv6": lambda: False,
        "succeeds": lambda *words, **more: True,
        "held_lock": tuple,
    }


def patched(server: Server) -> None:
    """Let the commands of this process work on the server of files."""
    root = server.root
    for module in (
        system,
        server_settings,
        release_build,
        releases,
        backup,
        doctor,
        cli,
        nginx,
        continuous,
        postgres_server,
    ):
        for name, value in stand_ins(server).items():
            if hasattr(module, name):
                setattr(module, name, value)
    release_build.RELEASES = root / release_build.RELEASES.name
    for name in ("FORMER", "ROLLBACK", "UPGRADE", "IN_FORCE"):
        setattr(releases, name, root / getattr(releases, name).name)
    for module, name, value in (
        (nginx, "FOLDER", root / "etc"),
        (nginx, "SITE", root / "etc" / "site"),
        (nginx, "_workers", set),
        (releases, "DRAIN_SECONDS", 0),
        (releases, "is_ready", server.is_ready),
        (release_build, "_install_packages", server.install_packages),
        (backup, "make", lambda: server.change("dump the database")),
        (backup, "dumps", list),
        (backup, "proven_at", lambda: None),
        (postgres_server, "check", lambda: None),
        (postgres_server, "is_local", lambda: False),
        (cli, "alone", lambda **_: nullcontext()),
        (cli, "need_root", lambda: None),
        (cli, "subprocess", SimpleNamespace(Popen=Activation)),
    ):
        setattr(module, name, value)


class Activation:
    """The new release's own command, which `purecode upgrade` starts: here in the same process."""

    def __init__(self, words: list[str], **_: object) -> None:
        self.status = cli.main(words[3:])

    def __enter__(self) -> "Activation":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def wait(self) -> int:
        return self.status


def in_child(root: Path, act: Callable[[Server], object], *, kills_before: int = 0) -> str | None:
    """Do something in a process of its own; return what it printed, None where it was killed."""
    output = root / "printed"
    child = os.fork()
    if child == 0:
        status = 1
        try:
            server = Server(root, kills_before)
            with output.open("w", encoding="utf-8") as file, redirect_stdout(file):
                patched(server)
                server.watch()
                act(server)
            status = 0
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == KILLED:
        return None
    assert status == 0, output.read_text(encoding="utf-8")
    return output.read_text(encoding="utf-8")


def command(*words: str) -> Callable[[Server], object]:
    return lambda _server: cli.main(list(words))


def source(folder: Path, version: str) -> Path:
    """Make a source tree, as small as a release can be."""
    made = folder / f"source-{version}"
    for name in ("slots", "units"):
        shutil.copytree(ROOT / "deploy" / name, made / "deploy" / name)
    for path in (ROOT / "deploy" / "nginx.conf", *nginx.included(ROOT / "deploy")):
        shutil.copyfile(path, made / "deploy" / path.name)
    (made / "pyproject.toml").write_text(f'[project]\nname = "{release_build.NAME}"\nversion = "{version}"\n')
    return made


def prepared(folder: Path) -> Path:
    """Return a server on which OLD serves, after FORMER."""
    root = folder / "server"
    for name in ("running", "enabled", "etc", "units", "releases"):
        (root / name).mkdir(parents=True)
    for name in ("etc/purecode.env", "etc/site", "loaded"):
        (root / name).touch()
    for version in (FORMER, OLD):
        made = source(folder, version)
        in_child(root, lambda _server: releases.activate(release_build.build(made)))  # noqa: B023 - at once
    return root


def copy_of(root: Path, name: str) -> Path:
    """Return a server with the same state; its links are relative. A release's files never change."""
    target = root.with_name(name)
    shutil.rmtree(target, ignore_errors=True)
    for folder in root.glob("releases/*"):
        shutil.copytree(folder, target / "releases" / folder.name, symlinks=True, copy_function=os.link)
    shutil.copytree(
        root,
        target,
        symlinks=True,
        dirs_exist_ok=True,
        ignore=lambda at, _: ["releases"] if Path(at) == root else [],
    )
    return target


def settled(root: Path, version: str) -> list[str]:
    """Return what is not as it is after a change that ended well."""
    server, faults = Server(root), []
    slot = (root / "current").readlink().name
    if server.serving() != version:
        faults.append(f"{server.serving()} serves instead of {version}")
    if (root / slot).readlink().name.rpartition("-")[0] != version:
        faults.append("the record names another release")
    wanted = {f"purecode-{name}@{slot}" for name in (*ANSWERS.surfaces, "worker", "watch")}
    differing = {kind: sorted(server.units(kind) ^ wanted) for kind in ("running", "enabled")}
    faults += [f"{kind}: {units}" for kind, units in differing.items() if units]
    faults += [f"{name} is left" for name in ("upgrade", "rollback") if (root / name).is_symlink()]
    halves = [path.name for path in (root / "releases").iterdir() if not (path / ".complete").exists()]
    return faults + [f"half a release is left: {halves}" for _ in halves[:1]]


def outcomes(root: Path, *words: str) -> Iterator[dict[str, Any]]:
    """Yield what became of a command that was killed before its first change, its second one, and so on."""
    for number in itertools.count(1):
        killed = copy_of(root, "killed")
        if in_child(killed, command(*words), kills_before=number) is not None:
            return
        for power in (False, True):
            if power:
                Server(killed).cut_power()
            again, back = copy_of(killed, "again"), copy_of(killed, "back")
            yield {
                "command": words[0],
                "power": power,
                "before": (killed / "killed-before").read_text(encoding="utf-8"),
                "serving": Server(killed).serving(),
                "named": in_child(killed, names_it),
                "printed": in_child(again, command(*words)),
                "again": settled(again, NEW if words[0] == "upgrade" else FORMER),
                "rolled_back": in_child(back, command("rollback")),
                "back": settled(back, OLD if words[0] == "upgrade" else FORMER),
            }


def names_it(_server: Server) -> None:
    """Print what an administrator reads who looks at the server."""
    cli.main(["status"])
    print(*doctor.services(), sep="\n")


def main(folder: Path) -> None:
    root = prepared(folder)
    for words in (("upgrade", str(source(folder, NEW))), ("rollback",)):
        for outcome in outcomes(root, *words):
            print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(Path(made))
