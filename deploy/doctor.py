"""purecode doctor: what is wrong with this server, and what to do about it."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from deploy import backup, continuous, postgres_server, releases, selfcheck_browser, tls
from deploy.server_settings import (
    SETTINGS,
    active_slot,
    manage,
    misspelt_settings,
    read_answers,
    read_env,
    settings_faults,
)
from deploy.system import Fault, is_active, line_of, restarts, run, say, succeeds

CLOCK_SLACK = 3600  # seconds
CLOCK_WAS_WRONG = "the clock was wrong then: look at it (timedatectl), then purecode backup"


def names() -> Iterator[str]:
    for host in read_answers().hosts.values():
        try:
            socket.getaddrinfo(host, 443)
        except OSError:
            yield f"{host} does not resolve: add it to your DNS with the address of this server"


def certificates() -> Iterator[str]:
    answers = read_answers()
    for name, (certificate, key) in tls.pairs(answers).items():
        if fault := tls.fault_of(certificate, answers.hosts[name], key):
            yield fault
        elif answers.tls == "acme" and "letsencrypt" not in str(certificate.resolve()):
            yield f"{certificate} is not from certbot, which got none: run deploy/install again"
        elif (days := (tls.ends(certificate) - datetime.now(UTC)).days) < 14:
            renew = (
                "certbot renew" if answers.tls == "acme" else "get a new one, then deploy/install --tls own"
            )
            yield f"{certificate} expires in {days} days: {renew}"


def addresses() -> Iterator[str]:
    """Ask each name as drivers, cameras and staff do: it must lead to this server."""
    answers = read_answers()
    for name, (certificate, _) in tls.pairs(answers).items():
        host = answers.hosts[name]
        try:
            leads_here = tls.shown_at(host) == tls.in_der(certificate)
        except OSError as error:
            reason = f"https://{host}/ cannot be reached from here ({line_of(error)})"
            yield f"{reason}: let the name point to this server and open port 443"
            continue
        if not leads_here and _is_outdated(host, certificate):
            yield f"nginx still serves an older certificate for {host}: systemctl reload nginx"
        elif not leads_here:
            yield f"{host} leads to another server: correct its address in your DNS"


def _is_outdated(host: str, certificate: Path) -> bool:
    with suppress(OSError):
        return tls.shown_at(host, address="127.0.0.1") != tls.in_der(certificate)
    return False


def clock() -> Iterator[str]:
    if not Path("/run/systemd/system").is_dir():
        return
    if run("timedatectl", "show", "--property=NTPSynchronized", "--value").strip() != "yes":
        remedy = "apt-get install systemd-timesyncd, timedatectl set-ntp true"
        yield f"The clock is not synchronised, and channels refuse a wrong one: {remedy}"


def disks() -> Iterator[str]:
    """Look at the disks that an installation fills, and at those of `DISK_PATHS`."""
    named = read_env(SETTINGS).get("DISK_PATHS", "").split(",")
    for place in dict.fromkeys(["/", "/var/lib", "/var/backups", *filter(None, map(str.strip, named))]):
        if not Path(place).is_dir():
            yield f"{place} is no folder: correct DISK_PATHS in {SETTINGS}"
            continue
        usage = shutil.disk_usage(place)
        if usage.free < max(usage.total // 20, 512 * 1024**2):
            yield f"The disk of {place} has {usage.free // 1024**2} MB free: delete files or enlarge it"


def memory() -> Iterator[str]:
    """Look whether an upgrade has room; also without one, the kernel ends processes where there is none."""
    if lack := releases.lack_of_memory():
        yield f"{lack}: add memory or swap"


def settings() -> Iterator[str]:
    if active_slot():
        yield from settings_faults()
        yield from misspelt_settings()


def store() -> Iterator[str]:
    try:
        postgres_server.check()
    except Fault as fault:
        yield str(fault)
        return
    if (
        postgres_server.is_local()
        and (allowed := postgres_server.connections_allowed()) < postgres_server.CONNECTIONS
    ):
        least = postgres_server.CONNECTIONS
        yield (
            f"PostgreSQL allows {allowed} connections, two releases may open {least}:"
            f" ALTER SYSTEM SET max_connections = {least} in psql, then systemctl restart postgresql"
        )
    if postgres_server.log_may_hold_values():
        yield (
            "PostgreSQL's log may hold what people typed: run deploy/install again; for a database on another"
            " server see docs/install.md#elsewhere"
        )
    try:
        manage("migrate", "--check")
    except Fault as fault:
        pending = str(fault) == "manage migrate: "  # Django says nothing then
        yield "The schema is older than the release: purecode manage migrate" if pending else str(fault)


def services() -> Iterator[str]:
    slot = active_slot()
    if slot is None:
        yield "PureCode is not installed here: run deploy/install"
        return
    yield from _services_of(slot)
    if change := releases.unfinished():
        yield f"The {change}"
    elif beside := [unit for unit in releases.services(releases.other(slot)) if is_active(unit)]:
        yield f"{beside[0]} runs beside {slot}, which serves: a change was interrupted, purecode restart"
    if not releases.settings_are_in_force():
        yield f"The settings in {SETTINGS.parent} were changed and are not in force: purecode restart"
    if not is_active("nginx"):
        yield "nginx does not run: nginx -t, then systemctl start nginx"
    elif not succeeds("nginx", "-t"):
        yield "nginx would not start again: nginx -t names the line"


def _services_of(slot: str) -> Iterator[str]:
    answers = read_answers()
    for unit in releases.services(slot):
        name = unit.removeprefix("purecode-").partition("@")[0]
        if count := restarts(unit):
            yield f"{unit} ended and was started again {count} times: {releases.reason(unit)}"
        elif not is_active(unit):
            yield f"{unit} does not run: systemctl start {unit}, then purecode logs {name}"
        elif name in answers.surfaces and not releases.is_ready(slot, name, answers):
            yield f"{unit} is not ready: purecode logs {name}"


def channels() -> Iterator[str]:
    if not read_env(SETTINGS).get("MERCHANTS_FILE"):
        yield f"No payment channel: write MERCHANTS_FILE into {SETTINGS} (docs/channels.md), purecode restart"
        return
    try:
        manage("check_merchants")
    except Fault as fault:
        yield f"{fault} (purecode manage check_merchants --online)"


def backups() -> Iterator[str]:
    try:
        age = datetime.now(UTC).timestamp() - backup.newest().stat().st_mtime
    except Fault as fault:
        yield str(fault)
        return
    if postgres_server.is_local():
        yield from continuous.faults()
    if age > 26 * 3600:
        yield f"The newest backup is {age / 3600:.0f} hours old: systemctl status backup-purecode.timer"
    elif age < -CLOCK_SLACK:
        yield f"The newest backup is from the future: {CLOCK_WAS_WRONG}"
    proven = backup.proven_at()
    since = (datetime.now(UTC) - proven).total_seconds() if proven else None
    if since is None or not -CLOCK_SLACK <= since < 9 * 86400:
        yield "No backup was proven in the last week: purecode prove-backup"


def selfchecks() -> Iterator[str]:
    """Start the browser that tests the pages."""
    slot = active_slot()
    if slot is None:
        return
    if not selfcheck_browser.is_wanted():
        raise Off("deploy/install --selfcheck adds it")
    if reason := selfcheck_browser.reason_against():
        yield f"The self-check cannot run: {reason}: run deploy/install again"
    elif not is_active(service := releases.service("selfcheck", slot)):
        yield f"{service} does not run: systemctl start {service}, then purecode logs selfcheck"


class Off(Exception):
    """What is checked was not installed, as the administrator chose."""


CHECKS: tuple[tuple[str, Callable[[], Iterator[str]]], ...] = (
    ("names", names),
    ("certificates", certificates),
    ("addresses", addresses),
    ("clock", clock),
    ("disks", disks),
    ("memory", memory),
    ("settings", settings),
    ("database", store),
    ("services", services),
    ("channels", channels),
    ("backups", backups),
    ("self-check", selfchecks),
)


def report() -> int:
    """Print one line for each check and one for each fault; return 1 where there is a fault."""
    faults = 0
    for name, check in CHECKS:
        try:
            found = list(check())
        except Off as off:
            say(f"{name:<14}off: {off}")
            continue
        except Fault as fault:
            found = [str(fault)]
        except OSError as error:
            found = [line_of(error)]
        faults += len(found)
        say(f"{name:<14}{'ok' if not found else ''}".rstrip())
        for line in found:
            say(f"    {line}")
    say("All is well." if not faults else f"{faults} fault(s).")
    return 1 if faults else 0
