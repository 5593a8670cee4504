"""The command `purecode`: look after an installed PureCode. Needs the system's Python alone."""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deploy import backup, continuous, doctor, postgres_server, release_build, releases, staging
from deploy.server_settings import active_slot, manage_here, read_answers
from deploy.system import (
    CommandFault,
    Fault,
    OneLineParser,
    alone,
    begin,
    free_bytes,
    held_lock,
    is_active,
    left_behind,
    line_of,
    need_root,
    say,
    unpack,
)

RELEASE_SPACE = 1024**3
UNPACKED = "purecode-source-"  # folders in /tmp with an unpacked release
PATIENT = ("backup", "prove-backup")  # timers run them too
PATIENCE = 3600.0
READS = ("status", "doctor", "manage", "logs", "receive-wal")  # may run beside everything


def status(_: argparse.Namespace) -> int:
    """Show release, services, certificate and backups."""
    slot = active_slot()
    release = releases.in_slot(slot)
    if not slot or not release:
        raise Fault("PureCode is not installed here: run deploy/install")
    answers = read_answers()
    say(f"Release      {release.name} in slot {slot}")
    if staging.is_on():
        say("STAGING      no money moves (purecode staging off)")
    if former := releases.former():
        say(f"Former       {former.name} (purecode rollback)")
    if change := releases.unfinished():
        say(f"Unfinished   {change}")
    say(
        f"Addresses    https://{answers.public}/  https://{answers.devices}/  https://{answers.console}/console/"
    )
    states = {service: releases.state(service) for service in releases.services(slot)}
    for service, state in states.items():
        say(f"{state:<13}{service}")
        if state != "running":
            say(f"{'':<13}{releases.reason(service)}")
    dumps = backup.dumps()
    say(f"Backups      {len(dumps)}, newest {_age(dumps[-1]) if dumps else '-'}")
    proven = backup.proven_at()
    say(f"Continuous   {_continuous()}")
    say(f"Proven       {_ago(proven) if proven else 'never (purecode prove-backup)'}")
    try:
        postgres_server.check()
        aside = postgres_server.put_aside() if postgres_server.is_local() else []
    except Fault as fault:
        say(f"Database     {fault}")
        return 1
    for name in aside:
        say(f"Put aside    {name} (purecode forget-database {name})")
    return 0 if set(states.values()) == {"running"} else 1


def _continuous() -> str:
    if not postgres_server.is_local():
        return "not from here: the database is on another server"
    bases = continuous.bases()
    state = "running" if is_active(continuous.SERVICE) else "STOPPED"
    return f"{state}, base {_ago(continuous.made_at(bases[-1])) if bases else '-'}"


def _age(path: Path) -> str:
    return f"{path.name}, {_ago(datetime.fromtimestamp(path.stat().st_mtime, UTC))}"


def _ago(at: datetime) -> str:
    hours = (datetime.now(UTC) - at).total_seconds() / 3600
    if hours < -1:
        return f"{-hours:.0f} hours ahead of the clock: one of the two is wrong (timedatectl)"
    return f"{hours:.0f} hours ago" if hours < 48 else f"{hours / 24:.0f} days ago"


def manage(chosen: argparse.Namespace) -> int:
    return manage_here(*(chosen.words or ["help"]))


def upgrade(chosen: argparse.Namespace) -> int:
    """Install a newer source tree and change over to it without an outage."""
    with _unpacked(Path(chosen.source)) as source:
        release = release_build.identify(source)
        if releases.is_serving(release):
            say(f"Release {release.name} runs already.")
            return 0
        _examine_disk()
        _examine_memory(chosen)
        postgres_server.check()
        with releases.upgrading(release):
            if not chosen.no_backup:
                backup.make()
            release_build.build(source)
    # The new release knows best how it is started: its own command does the rest.
    command = str(release.folder / "deploy" / "cli.py")
    words = ["/usr/bin/python3", "-IB", command, "activate", release.name]
    with subprocess.Popen(words, pass_fds=held_lock()) as child:
        while True:
            with suppress(KeyboardInterrupt):  # Ctrl-C reaches the child too, which stops what it has begun
                return child.wait()


def _examine_memory(chosen: argparse.Namespace) -> None:
    lack = releases.lack_of_memory()
    if lack and not chosen.allow_outage:
        raise Fault(
            f"{lack}: add memory or swap, or repeat it with --allow-outage (the old release stops before the"
            " new one starts, and pages are away for about half a minute)"
        )


def _examine_disk() -> None:
    if (free := free_bytes(release_build.RELEASES)) < RELEASE_SPACE:
        needed = RELEASE_SPACE // 1024**2
        raise Fault(
            f"The disk of {release_build.RELEASES} has {free // 1024**2} MB free: a release needs {needed} MB"
        )


class _unpacked:  # noqa: N801 - used as a function
    """Give the source folder of a folder or of a .tar.gz."""

    def __init__(self, source: Path) -> None:
        self.source, self.folder = source, ""

    def __enter__(self) -> Path:
        if self.source.is_dir():
            return self.source.resolve()
        if not self.source.is_file():
            raise Fault(f"{self.source} is neither a source folder nor a .tar.gz of one")
        for left in left_behind(Path(tempfile.gettempdir()), UNPACKED):
            shutil.rmtree(left, ignore_errors=True)
        self.folder = tempfile.mkdtemp(prefix=f"{UNPACKED}{os.getpid()}-")
        try:
            unpack(self.source.resolve(), Path(self.folder))
        except CommandFault as fault:
            shutil.rmtree(self.folder, ignore_errors=True)
            if os.strerror(errno.ENOSPC) in fault.output:
                where = Path(self.folder).parent
                raise Fault(f"The disk of {where} is full: delete files there, then run this again") from None
            raise Fault(f"{self.source} is damaged or no archive") from None
        found = sorted(Path(self.folder).glob("**/pyproject.toml"), key=lambda path: len(path.parts))
        if not found:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise Fault(f"{self.source} holds no PureCode source folder")
        return found[0].parent

    def __exit__(self, *_: object) -> None:
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def activate(chosen: argparse.Namespace) -> int:
    release = release_build.InstalledRelease(chosen.release)
    if not (release.folder / ".complete").exists():
        raise Fault(f"There is no release {release.name} in {release_build.RELEASES}")
    releases.activate(release)
    say(f"Release {release.name} serves now.")
    return 0


def rollback(_: argparse.Namespace) -> int:
    releases.rollback()
    return status(_)


def restart(_: argparse.Namespace) -> int:
    releases.restart()
    return 0


def make_backup(_: argparse.Namespace) -> int:
    say(f"Backup: {backup.make()}")
    if postgres_server.is_local():
        say(f"Base backup: {continuous.make_base()}")
    return 0


def receive_wal(_: argparse.Namespace) -> NoReturn:
    continuous.receive()


def restore(chosen: argparse.Namespace) -> int:
    backup.restore(chosen.backup, at=chosen.at, folder=chosen.folder, yes=chosen.yes)
    return 0


def prove_backup(chosen: argparse.Namespace) -> int:
    backup.prove(chosen.backup)
    return 0


def forget_database(chosen: argparse.Namespace) -> int:
    backup.forget_database(chosen.name)
    return 0


def stage(chosen: argparse.Namespace) -> int:
    staging.turn_on() if chosen.state == "on" else staging.turn_off()
    return 0


def logs(chosen: argparse.Namespace) -> NoReturn:
    units = ["--unit", f"purecode-{chosen.surface or '*'}@*"]
    words = ["journalctl", *units, "--lines", str(chosen.lines), *(["--follow"] if chosen.follow else [])]
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # it ends with the terminal that it writes to
    os.execvp(words[0], words)


def examine(_: argparse.Namespace) -> int:
    return doctor.report()


def parser() -> OneLineParser:
    made = OneLineParser("purecode", description="Look after PureCode on this server. Run as root.")
    commands = made.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, act: object, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(act=act, command=name)
        return command

    add("status", status, "show release, services and backups")
    add("doctor", examine, "name each fault of this server and its remedy")
    add(
        "manage", manage, "run a command of the application, such as: purecode manage apply --help"
    ).add_argument("words", nargs=argparse.REMAINDER, metavar="...")
    command = add("upgrade", upgrade, "install a newer release and change over without an outage")
    command.add_argument("source", help="source folder or .tar.gz of the newer release")
    command.add_argument("--no-backup", action="store_true", help="make no backup before")
    command.add_argument(
        "--allow-outage",
        action="store_true",
        help="where memory lacks for two releases: stop the old one before the new one starts",
    )
    add("activate", activate, "start a release that is in /opt/purecode/releases").add_argument("release")
    add("rollback", rollback, "return to the former release")
    add("restart", restart, "restart all services, after a change of settings")
    add("backup", make_backup, "dump the database, copy the keys, make a base backup")
    add("receive-wal", receive_wal, "what wal-purecode.service runs: receive every change of the database")
    command = add("restore", restore, "put a backup in the place of the database")
    command.add_argument("backup", nargs="?", help="file, default: the newest")
    command.add_argument("--at", metavar="TIME", help="from the continuous backup: a time, or latest")
    command.add_argument(
        "--from",
        dest="folder",
        metavar="FOLDER",
        type=Path,
        default=continuous.FOLDER,
        help="with --at: a copy of the continuous backup, of another machine",
    )
    command.add_argument("--yes", action="store_true", help="do it")
    add(
        "prove-backup", prove_backup, "restore the backups into a scratch database and check them"
    ).add_argument("backup", nargs="?", help="file, default: the newest")
    add("forget-database", forget_database, "delete a database that a restore put aside").add_argument("name")
    command = add("staging", stage, "rehearse with play money and a copy of the database")
    command.add_argument("state", choices=("on", "off"))
    command = add("logs", logs, "show what the services wrote")
    command.add_argument("surface", nargs="?", choices=releases.SERVICES)
    command.add_argument("--follow", "-f", action="store_true")
    command.add_argument("--lines", "-n", type=int, default=100)
    return made


def main(arguments: list[str] | None = None) -> int:
    begin()
    try:
        chosen = parser().parse_args(arguments)
        need_root()
        patience = PATIENCE if chosen.command in PATIENT else 0
        with nullcontext() if chosen.command in READS else alone(patience=patience):
            return int(chosen.act(chosen) or 0)
    except Fault as fault:
        say(f"purecode: {fault}")
        return 1
    except OSError as error:
        say(f"purecode: {line_of(error)}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped: run it again to complete it.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
