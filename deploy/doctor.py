"""purecode doctor: what is wrong with this server, and what to do about it."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from deploy import backup, continuous, nginx, postgres_server, release_build, releases, selfcheck_browser, tls
from deploy.server_settings import (
    ADDRESSED,
    SETTINGS,
    STAGING,
    active_slot,
    manage,
    misspelt_settings,
    read_answers,
    read_env,
    settings_faults,
)
from deploy.system import (
    CODE,
    CONFIG,
    STATE,
    USER,
    CommandFault,
    Fault,
    has_failed,
    install_command,
    is_active,
    is_enabled,
    is_open,
    line_of,
    lookup_fault,
    restarts,
    run,
    say,
    starting,
    succeeds,
    user_id,
)

ANOTHER_SITE = "nginx -T | grep -n listen shows it; write listen 443 there, without an address"
ANOTHER_NAME = "nginx -T | grep -n server_name shows it; take the name out there, or its port 80"
PROOF = "/.well-known/acme-challenge/purecode"
BEAT = STATE / "worker.beat"
CONTACTS = STATE / "contacts.json"
BEAT_SECONDS = 180
UNKNOWN = "unknown.invalid"  # a host name of no site
CLOCK_SLACK = 3600  # seconds
CLOCK_WAS_WRONG = "the clock was wrong then: look at it (timedatectl), then purecode backup"


def names() -> Iterator[str]:
    yield from filter(None, map(lookup_fault, read_answers().hosts.values()))


def certificates() -> Iterator[str]:
    answers = read_answers()
    for name, (certificate, key) in tls.pairs(answers).items():
        if fault := tls.fault_of(certificate, answers.hosts[name], key) or tls.fault_of_chain(certificate):
            yield fault
        elif answers.tls == "acme" and "letsencrypt" not in str(certificate.resolve()):
            yield f"{certificate} is not from certbot, which got none: run {install_command()} again"
        elif (days := (tls.ends(certificate) - datetime.now(UTC)).days) < 14:
            place = f"put a new one in the place of {certificate.resolve()}, then systemctl reload nginx"
            renew = "certbot renew" if answers.tls == "acme" else place
            yield f"{certificate} expires in {days} days: {renew}"
    for path in {key.resolve() for _, key in tls.pairs(answers).values()}:
        if path.exists() and is_open(path):
            yield f"Every account of this server can read {path}: chmod o= {path}"
    if answers.tls == "acme" and has_failed("certbot"):
        yield f"The last renewal failed ({releases.reason('certbot')}): certbot renew tries again"


def addresses() -> Iterator[str]:
    """Ask each name as drivers, cameras and staff do, at every address that it has: IPv4 and IPv6."""
    answers = read_answers()
    for name, (certificate, _) in tls.pairs(answers).items():
        host = answers.hosts[name]
        with suppress(socket.gaierror):  # `names` names it
            found = {each[4][0] for each in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
            faults = (_fault_at(host, str(address), certificate) for address in sorted(found, key=str))
            yield from dict.fromkeys(filter(None, faults))


def plain_http() -> Iterator[str]:
    """Ask each name on port 80 here: the way to https, and the folder by which certbot proves a name."""
    answers = read_answers()
    for host in answers.hosts.values():
        answer = _answer_http(host)
        if answer and f"location: https://{host}/" not in answer.lower():
            yield f"http://{host}/ is answered by another site of this server: {ANOTHER_NAME}"
        elif answers.tls == "acme" and " 403 " in _answer_http(host, PROOF).partition("\n")[0]:
            yield f"nginx cannot read {tls.WEBROOT}, so certificates end: chmod -R go+rX {tls.WEBROOT}"
            return


def unknown_names() -> Iterator[str]:
    """Ask for a name that is not ours, which nginx answers with nothing unless another site takes it."""
    taken = [port for port, is_answered in ((80, _answer_http), (443, _shown_here)) if is_answered(UNKNOWN)]
    if taken:
        ports = " and ".join(map(str, taken))
        if nginx.welcomes():
            raise Note(f"nginx's welcome page answers them on port {ports}: run {install_command()} again")
        raise Note(f"another site of nginx answers them on port {ports} (nginx -T | grep default_server)")
    return iter(())


def _answer_http(host: str, path: str = "/") -> str:
    """Return the head of what this server answers on port 80, "" where it answers nothing."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", 80), timeout=5) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return line.recv(4096).decode(errors="replace")
    return ""


def _fault_at(host: str, address: str, certificate: Path) -> str | None:
    """Return why a phone that takes this address of a host name does not reach PureCode, or None."""
    try:
        shown = tls.shown_at(host, address=address)
        if shown == tls.in_der(certificate) or (tls.is_for(shown, host) and nginx.has_proxy_in_front()):
            return None
    except OSError as error:
        reason = f"https://{host}/ cannot be reached from here at {address} ({line_of(error)})"
        wrong = "let the name point to this server and open port 443"
        return f"{reason}: {'delete its AAAA record, or ' if ':' in address else ''}{wrong}"
    if (nearby := _shown_here(host)) != tls.in_der(certificate) and nearby:
        if tls.is_for(nearby, host):
            return f"nginx still serves an older certificate for {host}: systemctl reload nginx"
        return f"{host} is answered by another site of this server: {ANOTHER_SITE}"
    if _is_own(address):
        return f"{host} is answered by another site of this server, at {address}: {ANOTHER_SITE}"
    return (
        f"{host} leads to another server ({address}): correct its address in your DNS, or if that is a proxy"
        " in front of this one, see docs/install.md#behind"
    )


def _shown_here(host: str) -> bytes:
    with suppress(OSError):
        return tls.shown_at(host, address="127.0.0.1")
    return b""


def _is_own(address: str) -> bool:
    """Return whether an address is one of this server's."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with suppress(OSError), socket.socket(family) as tried:
        tried.bind((address, 0))
        return True
    return False


def clock() -> Iterator[str]:
    if not Path("/run/systemd/system").is_dir():
        return
    if run("timedatectl", "show", "--property=NTPSynchronized", "--value").strip() != "yes":
        remedy = "apt-get install systemd-timesyncd && timedatectl set-ntp true"
        yield f"The clock is not synchronised, and channels refuse a wrong one: {remedy}"


def disks() -> Iterator[str]:
    """Look at the disks that an installation fills, and at those of `DISK_PATHS`; each disk once."""
    named = read_env(SETTINGS).get("DISK_PATHS", "").split(",")
    own = ["/", "/var/lib", "/var/log", "/var/backups"]
    own += map(str, [CODE, STATE, backup.FOLDER, continuous.FOLDER, *postgres_server.disks()])
    seen: set[object] = set()
    for place in dict.fromkeys([*own, *filter(None, map(str.strip, named))]):
        if not Path(place).is_dir():
            if place not in own:
                yield f"{place} is no folder: correct DISK_PATHS in {SETTINGS}"
        elif (disk := _disk(place)) not in seen:
            seen.add(disk)
            yield from _faults_of_disk(place)


def _files_left(place: str) -> tuple[int, int]:
    """Return how many more files a disk can hold, and how many in all: 0 where it has no such limit."""
    found = os.statvfs(place)
    return found.f_favail, found.f_files


def _has_flag(place: str, flag: int) -> bool:
    return bool(os.statvfs(place).f_flag & flag)


def _disk(place: str) -> object:
    return os.stat(place).st_dev


def _faults_of_disk(place: str) -> Iterator[str]:
    usage, (left, most) = shutil.disk_usage(place), _files_left(place)
    if _has_flag(place, os.ST_RDONLY):
        yield f"The disk of {place} can only be read, as after a fault of it: dmesg names it, repair the disk"
    if usage.free < max(usage.total // 20, 512 * 1024**2):
        yield f"The disk of {place} has {usage.free // 1024**2} MB free: delete files or enlarge it"
    if most and left <= most // 50:
        yield (
            f"The disk of {place} has room for {left} more files (df -i), however small: delete"
            " folders with many files"
        )


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
            f" {postgres_server.in_psql(f'ALTER SYSTEM SET max_connections = {least}')}"
            " && systemctl restart postgresql"
        )
    if postgres_server.log_may_hold_values():
        yield (
            f"PostgreSQL's log may hold what people typed: run {install_command()} again; for a database on"
            " another server see docs/install.md#elsewhere"
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
    yield from _nginx(slot)
    yield from _not_started_with_machine(slot)


def _nginx(slot: str) -> Iterator[str]:
    try:
        whole = run("nginx", "-T")
    except Fault:
        yield "nginx would not start again: nginx -t names the line"
    else:
        if not nginx.reads_site(whole):
            yield nginx.to_read_site()
        elif not is_active("nginx"):
            yield f"nginx does not run: {starting('nginx')}"
    release = releases.in_slot(slot)
    if release and not nginx.sends_to(release.folder, read_answers(), releases.ports(release.folder, slot)):
        yield f"{nginx.SITE} or {nginx.FOLDER}/purecode-* was changed: purecode restart writes them again"
    for place in releases.edited_units(release.folder) if release else ():
        yield f"{place} was changed, and the next upgrade undoes it: purecode restart writes it again"


def _not_started_with_machine(slot: str) -> Iterator[str]:
    """Look at what runs now and would be missing after the next start of this server."""
    asleep = [unit for unit in [*releases.services(slot), "nginx"] if not is_enabled(unit)]
    if asleep:
        yield f"Not started with this server: {' && '.join(starting(unit, 'enable') for unit in asleep)}"
    wanted = ["certbot.timer"] if read_answers().tls == "acme" else []
    wanted += [*releases.TIMERS, *([continuous.SERVICE] if postgres_server.is_local() else [])]
    for unit in wanted:
        if not is_enabled(unit) or (unit.endswith(".timer") and not is_active(unit)):
            yield f"{unit} is turned off: {starting(unit, 'enable --now')}"


def _services_of(slot: str) -> Iterator[str]:
    answers = read_answers()
    for unit in releases.services(slot):
        name = unit.removeprefix("purecode-").partition("@")[0]
        if count := restarts(unit):
            yield f"{unit} ended and was started again {count} times: {releases.reason(unit)}"
        elif not is_active(unit):
            yield f"{unit} does not run: {starting(unit)}, then purecode logs {name}"
        elif name == "worker" and _hangs():
            yield f"{unit} runs and does nothing: systemctl restart {unit}"
        elif name in answers.surfaces and not releases.is_ready(slot, name, answers):
            yield f"{unit} is not ready: purecode logs {name}"


def _hangs() -> bool:
    """Return whether the worker, which runs, stopped to note each second that it goes on."""
    with suppress(OSError):
        return datetime.now(UTC).timestamp() - BEAT.stat().st_mtime > BEAT_SECONDS
    return False


def files() -> Iterator[str]:
    """Look at what the services must read and write, and at what no other account may read."""
    for path in (CONFIG / name for name in ADDRESSED):
        found = path.stat() if path.exists() else None
        if found and (found.st_uid or found.st_mode & 0o077):
            yield f"{path} is open to other accounts: chown root:root {path} && chmod 600 {path}"
    secret = [SETTINGS, STAGING, backup.KEYS_FOLDER / "keys.tar.gz", *backup.dumps()[-1:]]
    for path in secret:
        if path.exists() and is_open(path):
            yield f"Every account of this server can read {path}: chmod o= {path}"
    if CODE.exists() and _has_flag(str(CODE), os.ST_NOEXEC):  # also where it is another mount of a good disk
        yield f"No program of {CODE} can start: mount it without noexec (/etc/fstab)"
    slot, owner = active_slot(), user_id(USER)
    if any(path.stat().st_uid != owner for path in (STATE, BEAT, CONTACTS) if path.exists()):
        yield f"Services cannot write to {STATE}: chown -R {USER}:{USER} {STATE}"
    program, code = CODE / f"{slot}/.venv/bin/python", CODE / f"{slot}/manage.py"
    if slot and program.is_symlink() and not program.exists():
        yield f"{program} leads to a Python that is gone: run {install_command()} again"
    elif slot and not succeeds("sh", "-c", 'test -x "$0" && test -r "$1"', program, code, user=USER):
        yield f"Services cannot read {CODE}: chmod go=rX {CODE} && chmod -R go=rX {release_build.RELEASES}"


def channels() -> Iterator[str]:
    if not read_env(SETTINGS).get("MERCHANTS_FILE"):
        yield f"No payment channel: write MERCHANTS_FILE into {SETTINGS} (docs/channels.md), purecode restart"
        return
    try:
        manage("check_merchants", "--online")
    except CommandFault as fault:
        named = re.findall(r"(?m)^(?:(\S.*) \(|  BAD (.*)$)", fault.output)
        merchant = ""
        for of, wrong in named:
            merchant = of or merchant
            if wrong:
                yield f"{merchant}: {wrong} (purecode manage check_merchants --online)"
        if not any(wrong for _, wrong in named):
            yield str(fault)


def backups() -> Iterator[str]:
    for unit in ("backup-purecode", "prove-purecode"):
        if has_failed(unit):
            why = releases.reason(unit).removeprefix("purecode: ")
            first = "purecode backup && " if unit == "prove-purecode" else ""  # of a dump that is damaged
            yield f"{unit} failed ({why}): {first}systemctl start {unit} tries again"
    try:
        age = datetime.now(UTC).timestamp() - backup.newest().stat().st_mtime
    except Fault as fault:
        yield str(fault)
        return
    if postgres_server.is_local():
        yield from continuous.faults()
    if age > 26 * 3600:
        yield f"The newest backup is {age / 3600:.0f} hours old: purecode backup"
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
        raise Note(f"off: {install_command()} --selfcheck adds it")
    if reason := selfcheck_browser.reason_against():
        yield f"The self-check cannot run: {reason}: run {install_command()} again"
    elif not is_active(service := releases.service("selfcheck", slot)):
        yield f"{service} does not run: {starting(service)}, then purecode logs selfcheck"


class Note(Exception):
    """What is no fault: the administrator may have chosen it."""


CHECKS: tuple[tuple[str, Callable[[], Iterator[str]]], ...] = (
    ("names", names),
    ("certificates", certificates),
    ("addresses", addresses),
    ("port 80", plain_http),
    ("unknown names", unknown_names),
    ("clock", clock),
    ("disks", disks),
    ("memory", memory),
    ("settings", settings),
    ("database", store),
    ("services", services),
    ("files", files),
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
        except Note as note:
            say(f"{name:<14}{note}")
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
