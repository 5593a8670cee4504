"""The administrator's answers at the installation, the application's settings, and its commands."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from deploy.system import (
    CODE,
    CONFIG,
    STATE,
    USER,
    CommandFault,
    Fault,
    ending,
    group_id,
    held_lock,
    install_command,
    is_personal,
    lack_of_space,
    last_line,
    left_behind,
    succeeds,
    user_id,
    write,
)

ANSWERS = CONFIG / "install.json"
SETTINGS = CONFIG / "purecode.env"
CLUSTERS = Path("/etc/postgresql")
STAGING = CONFIG / "staging.env"  # there while staging mode is on
KEYS: dict[str, Callable[[], str]] = {  # file in /etc/purecode: how it is made
    "secret_key": lambda: secrets.token_urlsafe(48),
    "plate_keys": lambda: f"{datetime.now(UTC):%Y-%m}:{secrets.token_hex(32)}",
    "plate_index_key": lambda: secrets.token_hex(32),
    "code_key": lambda: secrets.token_hex(32),
}
LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
SLOT = "purecode_backup"  # of PostgreSQL's replication: it keeps what the continuous backup lacks
LENT = "purecode-keys-"  # folders with keys for one command
CREDENTIALS = (*KEYS, "database_url")
ADDRESSED = (*CREDENTIALS, "console_database_url")
UNSET = {"MEMBERS": "0", "PURECODE_PRODUCTION": "1"}  # in force where there is no such line
CHECKED = re.compile(r"(?m)^\S+: \([\w.]+\) (.+)(?:\n\s+HINT: (.+))?")  # the worst one is printed first
WRITTEN = {"BEAT_FILE", "CONTACTS_FILE"}  # by the services
OF_UNITS = {"SURFACES", "BEAT_FILE"}  # in purecode.env one value would be in force for all of them
NEEDED = {
    "PUBLIC_URL",
    "DEVICE_URL",
    "CONSOLE_URL",
    "MEMBERS",
    "MEMBERS_URL",
    "TRUSTED_PROXIES",
    "PURECODE_PRODUCTION",
}


@dataclass(frozen=True)
class Answers:
    """What the administrator chose; kept in /etc/purecode/install.json for the next run."""

    public: str = ""
    devices: str = ""
    console: str = ""
    email: str = ""
    tls: str = "acme"
    certificate: str = ""
    key: str = ""
    owner: str = "owner"
    operator: str = ""
    selfcheck: bool = True
    members: str = ""  # empty: without the members' pages
    acme_server: str = LETS_ENCRYPT

    @property
    def hosts(self) -> dict[str, str]:
        """Return the host name of each surface under the name of its certificate."""
        hosts = {"pay": self.public, "devices": self.devices, "console": self.console}
        return hosts | ({"members": self.members} if self.members else {})

    @property
    def surfaces(self) -> dict[str, str]:
        """Return the host name of each surface under the surface's own name."""
        own = {"pay": "driver", "devices": "device"}
        return {own.get(name, name): host for name, host in self.hosts.items()}


def read_answers() -> Answers:
    """Return what was answered before; empty answers on a new server."""
    try:
        stored = json.loads(ANSWERS.read_text(encoding="utf-8"))
        kinds = {field.name: type(field.default) for field in fields(Answers)}
        known: dict[str, Any] = {
            name: value for name, value in stored.items() if isinstance(value, kinds.get(name, ()))
        }
    except FileNotFoundError:
        return Answers()
    except PermissionError:
        raise Fault(f"{ANSWERS} is root's: run this as root, for example with sudo") from None
    except (OSError, ValueError, AttributeError):
        raise Fault(f"{ANSWERS} cannot be read: restore it from a backup or delete it") from None
    return Answers(**known)


def answers_text(answers: Answers) -> str:
    return json.dumps(asdict(answers), indent=2, ensure_ascii=False) + "\n"


def read_env(path: Path) -> dict[str, str]:
    """Return the variables of a systemd environment file: NAME=value, quotes allowed."""
    found: dict[str, str] = {}
    try:
        lines = text_of(path).splitlines()
    except OSError:
        return found
    for number, line in enumerate(lines, start=1):
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith(("#", ";")):
            try:
                words = shlex.split(value) if value[:1] in {'"', "'"} else [value]
            except ValueError:
                raise Fault(f"{path}, line {number}: the value of {name} has no closing quote") from None
            found[name] = words[0] if words else ""
    return found


def text_of(path: Path) -> str:
    """Return what is in a file that an administrator may have edited, in whichever editor."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Fault(f"{path} is not written in UTF-8: save it so") from None


def set_env(path: Path, values: Mapping[str, str]) -> bool:
    """Write these variables into an environment file and leave its other lines as they are."""
    try:
        lines = text_of(path).splitlines()
    except FileNotFoundError:
        lines = []
    missing = dict(values)
    for number, line in enumerate(lines):
        name = line.partition("=")[0].strip()
        if name in values:  # each of them, because the last line of a name is in force
            lines[number] = f"{name}={values[name]}"
            missing.pop(name, None)
    lines += [f"{name}={value}" for name, value in missing.items()]
    return write(path, "\n".join(lines) + "\n", 0o640, group=USER)


def wanted_settings(answers: Answers) -> dict[str, str]:
    """Return the settings that follow from the answers."""
    return {
        "PUBLIC_URL": f"https://{answers.public}",
        "DEVICE_URL": f"https://{answers.devices}",
        "CONSOLE_URL": f"https://{answers.console}",
        "MEMBERS": "1" if answers.members else "0",
        **({"MEMBERS_URL": f"https://{answers.members}"} if answers.members else {}),
        "TRUSTED_PROXIES": "1",
        "PURECODE_PRODUCTION": "1",
        **({"BACKUP_SLOT": SLOT} if has_own_database() else {}),
        "SELFCHECK_PROCESS": "1" if answers.selfcheck else "0",
        "BACKUP_PATH": "/var/backups/purecode/database",
        "BACKUP_PROOF": "/var/lib/purecode/proof.json",
        "DISK_PATHS": "/var/lib,/var/backups",
    }


def settings_to_write(answers: Answers) -> dict[str, str]:
    """Return the settings to write for these answers: those missing, and those of the former answers.

    What an administrator wrote in place of it stays.
    """
    former, found = wanted_settings(read_answers()), read_env(SETTINGS)
    return {
        name: value
        for name, value in wanted_settings(answers).items()
        if found.get(name) != value and found.get(name) in {None, former.get(name, found.get(name))}
    }


def edited_settings(answers: Answers) -> Iterator[str]:
    """Yield what an administrator wrote into purecode.env and these answers cannot be served with."""
    found, pending = read_env(SETTINGS), settings_to_write(answers)
    for name, value in wanted_settings(answers).items():
        if name in NEEDED and name not in pending and found[name] != value:
            yield _needed(name, found, value)


def _needed(name: str, found: Mapping[str, str], value: str) -> str:
    now, first = found.get(name) or "not set", "delete the line, then " if name in found else ""
    remedy = f"{first}run {install_command()} again"
    return f"{name} in {SETTINGS} is {now}, this installation needs {value}: {remedy}"


def settings_faults() -> Iterator[str]:
    """Yield what stands in purecode.env and would leave a service of this installation unreachable."""
    answers, found = read_answers(), read_env(SETTINGS)
    for name, value in wanted_settings(answers).items():
        if name in NEEDED and found.get(name, UNSET.get(name)) != value:
            yield _needed(name, found, value)
    for name in OF_UNITS & found.keys():
        yield f"{name} in {SETTINGS}: the services have their own: delete the line"
    for name in sorted(name for name in found.keys() - WRITTEN if name.endswith("_FILE") and found[name]):
        if not succeeds("test", "-r", found[name], user=USER):
            folder = f"copy it to {CONFIG}, " if is_personal(found[name]) else ""
            yield (
                f"{name} in {SETTINGS}: the services cannot read {found[name]}: {folder}chgrp {USER} and"
                " chmod 640 it"
            )
    allowed = [word.strip().lower() for word in found.get("ALLOWED_HOSTS", "").split(",") if word.strip()]
    for host in answers.hosts.values():
        if allowed and not any(
            word in {"*", host} or (word[:1] == "." and f".{host}".endswith(word)) for word in allowed
        ):
            yield f"ALLOWED_HOSTS in {SETTINGS} lacks {host}: add it, or delete the line"


def misspelt_settings() -> Iterator[str]:
    """Yield the names in purecode.env that no service reads, and that are nearly the name of a setting."""
    page = CODE / "current" / "docs" / "settings.md"
    known = set(re.findall(r"(?m)^\| `([A-Z_]+)` \|", page.read_text(encoding="utf-8")))
    for name in read_env(SETTINGS):
        if name.removesuffix("_FILE") not in known and (near := get_close_matches(name, known, 1, 0.8)):
            yield f"{name} in {SETTINGS} is no setting: write {near[0]}"


def with_places(reason: str) -> str:
    """Return why a process did not start; where it names settings, with the files in which they are."""
    if "Settings: " not in reason:
        return reason
    keys = [CONFIG / name for name in ADDRESSED if f" {name.upper()}" in reason]
    short = reason.removesuffix(" (docs/settings.md)")
    return f"{short} (in {', '.join(map(str, [*keys, SETTINGS]))})"


def has_own_database() -> bool:
    try:
        address = text_of(CONFIG / "database_url")
    except FileNotFoundError:
        return True  # the installation makes one
    return is_here(address)


def is_here(address: str) -> bool:
    """Return whether a database address is of this server's own PostgreSQL.

    On another port of this server a proxy may listen that leads to one elsewhere (docs/cluster.md).
    """
    parts = address_parts(address)
    return parts.hostname in {"127.0.0.1", "localhost", "::1"} and (parts.port or 5432) in own_ports()


def own_ports() -> set[int]:
    """Return the ports that this server's PostgreSQL has, or will have."""
    found = {5432}
    for path in CLUSTERS.glob("*/*/postgresql.conf"):
        found |= {
            int(port) for port in re.findall(r"(?m)^\s*port\s*=\s*(\d+)", path.read_text(errors="replace"))
        }
    return found


def address_parts(address: str) -> SplitResult:
    """Return the parts of a database's address. Raise `Fault` where it has not all of them."""
    try:
        parts = urlsplit(address.strip())
        complete = parts.scheme in {"postgres", "postgresql"} and parts.hostname and parts.username
        if complete and parts.path.strip("/") and parts.port != 0:
            return parts
    except ValueError:
        pass
    raise Fault(
        f"{CONFIG}/database_url must be postgresql://user:password@host:5432/name;"
        " in the password write %40 for @, %2F for /, %23 for #, %25 for %"
    )


def read_secret(name: str) -> str:
    try:
        return text_of(CONFIG / name).strip()
    except OSError:
        raise Fault(f"{CONFIG / name} is missing: run {install_command()} again, or restore it") from None


def active_slot() -> str | None:
    """Return the slot that serves now, "a" or "b"; None before the first release."""
    try:
        return os.readlink(CODE / "current")
    except OSError:
        return None


@contextmanager
def environment(overrides: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """Set the settings that the units have, for the length of a `with` block.

    Keys lie in a folder of root's memory file system that only the application's user can read, and are
    deleted afterwards, as systemd does for LoadCredential.
    """
    with _lent_folder() as folder:
        env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": "/var/lib/purecode",
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PURECODE_PRODUCTION": "1",
            **read_env(SETTINGS),
            **read_env(STAGING),
        }
        for name in CREDENTIALS:
            path = folder / name
            write(path, read_secret(name), 0o400, USER, USER)
            env.setdefault(f"{name.upper()}_FILE", str(path))
        if "DATABASE_URL" in (overrides or {}):
            env["DATABASE_URL_FILE"] = ""
        yield {**env, **(overrides or {})}


def manage(*words: str, slot: str | None = None, overrides: Mapping[str, str] | None = None) -> str:
    """Run one of the application's commands as its user and return its output."""
    done = _manage(words, slot, overrides, capture=True)
    if done.returncode:
        reason = (
            lack_of_space(done.stderr)
            or failed_check(done.stderr)
            or last_line(done.stderr)
            or last_line(done.stdout)
            or ending(done.returncode)
        )
        raise CommandFault(f"manage {words[0]}: {with_places(reason)}", done.stdout + done.stderr)
    return str(done.stdout)


def failed_check(text: str) -> str:
    """Return the first fault of Django's system checks with its remedy; "" where none is printed."""
    found = CHECKED.search(text)
    return " ".join(filter(None, (part and part.strip() for part in found.groups()))) if found else ""


def manage_here(*words: str, overrides: Mapping[str, str] | None = None) -> int:
    """Run one of the application's commands with this terminal and return its status.

    It is given copies of the files that it is to read, and works where its user may write.
    """
    with _lent_files(words) as lent:
        return _manage(lent, None, overrides, capture=False, at=STATE).returncode


@contextmanager
def _lent_files(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Copy the files that a command names to where the application's user can read them: /root is closed."""
    with _lent_folder() as folder:
        lent = []
        for number, word in enumerate(words):
            if number and "." in word and Path(word).is_file():
                path = folder / f"{number}-{Path(word).name}"
                shutil.copyfile(word, path)
                shutil.chown(path, USER, USER)
                lent.append(str(path))
            else:
                lent.append(word)
        yield tuple(lent)


@contextmanager
def _lent_folder() -> Iterator[Path]:
    """Make a folder in memory for the application's user, and delete it with those of killed commands."""
    base = Path("/run" if os.access("/run", os.W_OK) else tempfile.gettempdir())
    for left in left_behind(base, LENT):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{LENT}{os.getpid()}-", dir=base))
    try:
        os.chown(folder, user_id(USER), group_id(USER))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _manage(
    words: tuple[str, ...],
    slot: str | None,
    overrides: Mapping[str, str] | None,
    *,
    capture: bool,
    at: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    slot = slot or active_slot()
    if slot is None:
        raise Fault("PureCode is not installed here: run deploy/install")
    folder = CODE / slot
    with environment(overrides) as env:
        return subprocess.run(
            [str(folder / ".venv/bin/python"), str(folder / "manage.py"), *words],
            cwd=at or folder,
            env=env,
            user=user_id(USER),
            group=group_id(USER),
            extra_groups=[],
            capture_output=capture,
            encoding="utf-8",
            errors="replace",
            pass_fds=held_lock(),
            check=False,
        )
