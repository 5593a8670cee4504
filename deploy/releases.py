"""Releases in /opt/purecode/releases, two slots that point at them, and the change from one to the other.

A new release starts in the free slot while the old one serves. Once it answers, nginx changes over; the old
one finishes its requests and stops. So no request is refused, and the old release is there to go back to.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from deploy import continuous, nginx, postgres_server, release_build
from deploy.release_build import InstalledRelease
from deploy.server_settings import (
    ADDRESSED,
    SETTINGS,
    STAGING,
    Answers,
    active_slot,
    manage,
    read_answers,
    read_env,
    settings_faults,
    with_places,
)
from deploy.system import (
    CODE,
    CONFIG,
    UNITS,
    Fault,
    Progress,
    is_active,
    is_changing,
    is_enabled,
    is_stopped,
    keeper,
    last_line,
    link,
    memory_free,
    restarts,
    run,
    systemctl,
    wait_until,
    warn,
    write,
)

FORMER = CODE / "former"
ROLLBACK = CODE / "rollback"  # there while a rollback is under way; points at the release it returns to
UPGRADE = CODE / "upgrade"  # there while an upgrade is under way, and after one was killed
BESIDE = 640 * 1024**2  # bytes of memory that a second release takes beside the first
KEEP = 3  # releases; older ones are deleted
TIMERS = ("backup-purecode.timer", "prove-purecode.timer")
SERVICES = ("driver", "device", "console", "members", "worker", "watch", "sandbox", "selfcheck")
IN_FORCE = CODE / "settings-in-force"  # digest of what the services were started with
START_SECONDS = float(os.environ.get("PURECODE_START_SECONDS", "90"))
DRAIN_SECONDS = float(os.environ.get("PURECODE_DRAIN", "10"))  # for requests that the old release has begun
LOCK_TIMEOUT = "5s"  # a migration that waits longer than this for a table would stop everyone behind it
MIGRATE_TRIES = 5
ROUTINE = re.compile(  # what systemd and the web server write around each end of a process
    r"\[(INFO|WARNING)\] |\[ERROR\] (Unexpected exit from worker|Worker crash loop)"
    r"|(Start|Stopp)(ed|ing) .*PureCode, "
    r"|\S+\.service: (?!Failed to (load|set up) |Failed at step |A process of this unit )"
)


def in_slot(slot: str | None) -> InstalledRelease | None:
    """Return the release that a slot points at."""
    with contextlib.suppress(OSError):
        if slot:
            return InstalledRelease(Path(os.readlink(CODE / slot)).name)
    return None


def other(slot: str | None) -> str:
    return "b" if slot == "a" else "a"


def install_units(folder: Path) -> bool:
    """Copy the units of a release to systemd. Return False where they were the same already."""
    changed = False
    for path in _unit_files(folder):
        place = UNITS / path.relative_to(folder / "deploy" / "units")
        changed |= write(place, path.read_text(encoding="utf-8"))
    if changed:
        systemctl("daemon-reload")
    return changed


def return_units(folder: Path) -> None:
    """Leave systemd the units of the release that serves, and none that only another release has."""
    own = {path.relative_to(folder / "deploy" / "units") for path in _unit_files(folder)}
    strays = {
        UNITS / path.relative_to(each / "deploy" / "units")
        for each in release_build.RELEASES.glob("[0-9]*")
        for path in _unit_files(each)
        if path.relative_to(each / "deploy" / "units") not in own
    }
    found = [path for path in strays if path.exists()]
    for path in found:
        path.unlink()
    if not install_units(folder) and found:
        systemctl("daemon-reload")


def edited_units(folder: Path) -> list[Path]:
    """Return the files of a release's units that are missing in systemd's folder or differ there."""
    places = {path: UNITS / path.relative_to(folder / "deploy" / "units") for path in _unit_files(folder)}
    return [
        place
        for path, place in places.items()
        if not place.is_file() or place.read_bytes() != path.read_bytes()
    ]


def _unit_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "deploy" / "units").rglob("*") if path.is_file())


def keep_backing_up() -> None:
    """Start the timers of the backups and, for a database on this server, the continuous one."""
    wanted = [*TIMERS, *([continuous.SERVICE] if postgres_server.is_local() else [])]
    stopped = [unit for unit in wanted if not is_active(unit)]
    if stopped:
        systemctl("enable", "--now", *stopped)


def services(slot: str) -> list[str]:
    """Return the units that a slot runs, the surfaces first."""
    answers = read_answers()
    names = [*answers.surfaces, "worker", "watch"]
    names += ["sandbox"] if STAGING.exists() else []
    names += ["selfcheck"] if answers.selfcheck else []
    return [service(name, slot) for name in names]


def superfluous(slot: str) -> list[str]:
    """Return the units of a slot that were chosen once and are not any more."""
    return sorted({service(name, slot) for name in SERVICES} - set(services(slot)))


def service(name: str, slot: str) -> str:
    return f"purecode-{name}@{slot}"


def settings_digest() -> str:
    """Return a digest of all settings and keys that the services read when they start."""
    digest = hashlib.sha256()
    for path in (SETTINGS, STAGING, *(CONFIG / name for name in ADDRESSED)):
        digest.update(f"{path}\0".encode())
        with contextlib.suppress(FileNotFoundError):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def settings_are_in_force() -> bool:
    """Return whether the services were started with the settings as they are now."""
    return IN_FORCE.exists() and IN_FORCE.read_text(encoding="ascii").strip() == settings_digest()


def ports(folder: Path, slot: str) -> dict[str, int]:
    """Return the port of each surface in a slot, as a release's folder has them."""
    found = read_env(folder / "deploy" / "slots" / f"{slot}.env")
    return {name.removeprefix("PORT_").lower(): int(port) for name, port in found.items()}


def migrate(slot: str) -> None:
    """Change the schema under the running release, never waiting long for a lock."""
    for tries in range(1, MIGRATE_TRIES + 1):
        try:
            options = {"PGOPTIONS": f"-c lock_timeout={LOCK_TIMEOUT}"}
            manage("migrate", "--no-input", "--verbosity", "0", slot=slot, overrides=options)
        except Fault as fault:
            if "lock timeout" not in str(fault) or tries == MIGRATE_TRIES:
                raise
            time.sleep(2 * tries)
        else:
            return


@contextlib.contextmanager
def upgrading(release: InstalledRelease) -> Iterator[None]:
    """Record an upgrade until a slot is settled. Where it is killed, the record stays: `unfinished`."""
    link(UPGRADE, f"releases/{release.name}")
    try:
        yield
    except (Fault, OSError):
        if in_slot(active_slot()) != release:  # all is as before
            UPGRADE.unlink(missing_ok=True)
        raise


def unfinished() -> str | None:
    """Return which upgrade or rollback is under way, and what to do where it is so because it was killed."""
    if back := _named_by(ROLLBACK):
        what, remedy = f"rollback to {back.name}", "run it again"
    elif wanted := _named_by(UPGRADE):
        what, remedy = f"upgrade to {wanted.name}", "run it again, or purecode rollback"
    else:
        return None
    return f"{what} is under way" if is_changing() else f"{what} was interrupted: {remedy}"


def _named_by(path: Path) -> InstalledRelease | None:
    with contextlib.suppress(OSError):
        return InstalledRelease(path.readlink().name)
    return None


def activate(release: InstalledRelease) -> None:
    """Make a release serve, with the schema that it needs; a rollback returns to `former`."""
    with upgrading(release):
        _activate(release)
    keep_backing_up()
    prune()


def _activate(release: InstalledRelease) -> None:
    ROLLBACK.unlink(missing_ok=True)
    follow_nginx()
    slot = active_slot()
    if slot and in_slot(slot) == release and settings_are_in_force():  # an interrupted change
        nginx.apply(release.folder, read_answers(), ports(release.folder, slot))
        _settle(slot)
        return
    change_over(release, migrating=True)  # also for the same release: members have tables of their own


def is_serving(release: InstalledRelease) -> bool:
    """Return whether a release serves, with all services and no others, also after a reboot."""
    slot = active_slot()
    if not slot or in_slot(slot) != release:
        return False
    if not settings_are_in_force() or not nginx.sends_to(
        release.folder, read_answers(), ports(release.folder, slot)
    ):
        return False
    if any(is_active(unit) for unit in (*superfluous(slot), *services(other(slot)))):
        return False
    return all(is_active(unit) and is_enabled(unit) for unit in services(slot))


def change_over(release: InstalledRelease, *, migrating: bool = False) -> None:
    """Start a release in the free slot, let nginx send requests there, and stop the other slot.

    Where it does not become ready, it is stopped again and the other slot goes on serving. Where memory lacks
    for both, the other slot stops first.
    """
    postgres_server.check()  # without it no process becomes ready
    follow_nginx()
    answers, before = read_answers(), active_slot()
    slot, settings = other(before), settings_digest()
    _stop(services(slot))
    link(CODE / slot, f"releases/{release.name}")
    _check_ports(slot)
    with Progress("Checking the settings"):
        if fault := next(settings_faults(), None):
            raise Fault(fault)
        manage("check", slot=slot)
    if migrating:
        with Progress("Bringing the database up to date"):
            migrate(slot)
    with _room(before), _units_of(release, before):
        with Progress(f"Starting release {release.name} in slot {slot}"):
            _start_ready(slot, answers)
        with Progress("Changing over"):
            try:
                systemctl("enable", *services(slot))  # before nginx asks it, in case the machine starts again
                nginx.apply(release.folder, answers, ports(release.folder, slot))
            except (Fault, OSError):  # a full disk
                systemctl("disable", *services(slot))
                _stop(services(slot))
                raise
            _make_current(slot)
            write(IN_FORCE, settings + "\n", 0o600)
            _settle(slot)


def lack_of_memory() -> str | None:
    """Return why two releases cannot run beside each other, or None."""
    if (free := memory_free()) >= BESIDE:
        return None
    needed = BESIDE // 1024**2
    return f"{free // 1024**2} MB of memory and swap are free, a second release needs {needed} MB"


@contextlib.contextmanager
def _room(before: str | None) -> Iterator[None]:
    """Where memory lacks for two releases, stop the one that serves; start it again if the other fails."""
    lack = lack_of_memory() if before else None
    if lack is None or before is None:
        yield
        return
    warn(f"{lack}: pages are away until it is ready")
    _stop(services(before))
    try:
        yield
    except (Fault, OSError, KeyboardInterrupt):
        if active_slot() == before:
            _start(before)
        raise


@contextlib.contextmanager
def _units_of(release: InstalledRelease, before: str | None) -> Iterator[None]:
    """Install a release's units; where it fails, return those of the release that goes on serving.

    Both slots have the same files: by those of the other release it might not start with the machine.
    """
    try:
        install_units(release.folder)
        yield
    except (Fault, OSError, KeyboardInterrupt):
        serving = in_slot(before)
        if serving and active_slot() == before:
            with contextlib.suppress(Fault, OSError):  # the first fault is the one to name
                return_units(serving.folder)
        raise


def _make_current(slot: str) -> None:
    """Record which slot serves and, where that is another release, which one did before."""
    before = in_slot(active_slot())
    if before and before != in_slot(slot):
        link(FORMER, f"releases/{before.name}")
    link(CODE / "current", slot)


def follow_nginx() -> None:
    """Make nginx and the record of the active slot agree: a change killed between the two leaves them apart.

    Otherwise the next change would stop the very slot that nginx sends requests to.
    """
    slot = active_slot()
    there = in_slot(other(slot))
    release = in_slot(slot)
    if slot is None or there is None or release is None:
        return
    answers, port = read_answers(), nginx.driver_port()
    if port is None or port != ports(there.folder, other(slot)).get("driver"):
        return
    if all(is_ready(other(slot), surface, answers) for surface in answers.surfaces):
        nginx.apply(there.folder, answers, ports(there.folder, other(slot)))
        _make_current(other(slot))
    else:
        nginx.apply(release.folder, answers, ports(release.folder, slot))


def _settle(slot: str) -> None:
    """Make a slot the one that serves, now and after a reboot; stop the other."""
    systemctl("enable", *services(slot))
    _stop([service("sandbox", other(slot))])  # both listen on one port
    _start(slot)
    if stray := [unit for unit in superfluous(slot) if is_active(unit)]:
        systemctl("disable", *stray)
        _stop(stray)
    if in_slot(other(slot)):
        _retire(other(slot))
    if serving := in_slot(slot):
        return_units(serving.folder)
    UPGRADE.unlink(missing_ok=True)


def _retire(slot: str) -> None:
    """Stop a slot: its worker at once, its surfaces when they have answered what they were asked."""
    every = [service(name, slot) for name in SERVICES]
    systemctl("disable", *every)
    _stop([service("worker", slot)])
    if any(is_active(unit) for unit in every):
        time.sleep(DRAIN_SECONDS)
    _stop(every)


def _check_ports(slot: str) -> None:
    for surface, port in ports(CODE / slot, slot).items():
        if found := keeper(port):
            raise Fault(
                f"Port {port} ({surface}) is taken by {found}: stop that program, then run this again"
            )


def _start_ready(slot: str, answers: Answers) -> None:
    try:
        systemctl("start", *(service(surface, slot) for surface in answers.surfaces))
        for surface in answers.surfaces:
            _wait_ready(slot, surface, answers)
    except (Fault, KeyboardInterrupt):
        _stop(services(slot))
        raise


def _wait_ready(slot: str, surface: str, answers: Answers) -> None:
    if not wait_until(lambda: is_ready(slot, surface, answers), START_SECONDS):
        raise Fault(f"{surface} does not become ready: {reason(service(surface, slot))}")


def _start(slot: str) -> None:
    for unit in services(slot):
        if not is_active(unit):
            systemctl("start", unit)


def _stop(names: list[str]) -> None:
    running = [name for name in names if not is_stopped(name)]
    if running:
        systemctl("stop", *running)


def is_ready(slot: str, surface: str, answers: Answers) -> bool:
    """Ask a surface's process itself whether it can serve: its database answers and is up to date."""
    connection = http.client.HTTPConnection("127.0.0.1", ports(CODE / slot, slot)[surface], timeout=5)
    try:
        host = answers.surfaces[surface]
        connection.request("GET", "/readyz", headers={"Host": host, "X-Forwarded-Proto": "https"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def state(unit: str) -> str:
    """Return how a service is: running, RESTARTING (it ends again and again) or STOPPED."""
    if restarts(unit):
        return "RESTARTING"
    return "running" if is_active(unit) else "STOPPED"


def reason(unit: str) -> str:
    """Return the last line that a service wrote about itself, such as the setting that stopped its start."""
    lines = [line for line in journal(unit, 60).splitlines() if not ROUTINE.match(line.strip())]
    return with_places(last_line("\n".join(lines)) or "it writes nothing")


def journal(unit: str, lines: int) -> str:
    try:
        return run("journalctl", "--unit", unit, "--lines", str(lines), "--output", "cat", "--no-pager")
    except Fault:
        return ""


def former() -> InstalledRelease | None:
    """Return the release that served before the last upgrade."""
    return _installed_at(FORMER)


def _installed_at(path: Path) -> InstalledRelease | None:
    """Return the complete release that a symbolic link points at."""
    release = _named_by(path)
    return release if release and (release.folder / ".complete").exists() else None


def rollback() -> None:
    """Return to the former release. The schema stays: each release works with the next one's.

    One that was killed is completed: by then the release it returns from may be the former one. After an
    upgrade that was killed before nginx changed over, the release that serves is the one to stay with.
    """
    follow_nginx()
    slot, pending = active_slot(), _named_by(UPGRADE)
    stays = pending is not None and pending != in_slot(slot)
    release = _installed_at(ROLLBACK) or (in_slot(slot) if stays else former())
    if slot is None or release is None:
        raise Fault("There is no former release to return to")
    link(ROLLBACK, f"releases/{release.name}")
    if in_slot(slot) == release and settings_are_in_force():
        nginx.apply(release.folder, read_answers(), ports(release.folder, slot))
        _settle(slot)
    else:
        change_over(release)
    ROLLBACK.unlink()
    _delete_halves()


def is_older(release: InstalledRelease, other: InstalledRelease) -> bool:
    """Return whether a release was installed on this server before another one."""
    marks = [each.folder / ".complete" for each in (release, other)]
    return all(mark.exists() for mark in marks) and marks[0].stat().st_mtime < marks[1].stat().st_mtime


def prune() -> None:
    """Delete old releases: those in a slot and the newest ones stay. Delete what was never completed."""
    _delete_halves()
    in_use = {release.name for release in (in_slot("a"), in_slot("b"), former()) if release}
    ages = sorted(release_build.RELEASES.glob("[0-9]*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in ages[KEEP:]:
        if folder.name not in in_use:
            (folder / ".complete").unlink()  # first: half of it must not be taken for a release
            shutil.rmtree(folder, ignore_errors=True)


def _delete_halves() -> None:
    for folder in release_build.RELEASES.iterdir():
        if not (folder / ".complete").exists():
            shutil.rmtree(folder, ignore_errors=True)


def restart(*, migrating: bool = False) -> None:
    """Start the same release with the settings as they are now, then stop the one with the old ones."""
    release = in_slot(active_slot())
    if release is None:
        raise Fault("PureCode is not installed here: run deploy/install")
    change_over(release, migrating=migrating)
