"""Settings from the environment: typed, and refused together with the names of what is wrong.

`NAME_FILE` may hold the path of a file with the value instead, as container secrets do.
"""

import os
import re
from collections.abc import Callable, Mapping
from email.utils import parseaddr
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_MISSING = object()
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.ASCII)
_HOSTS = re.compile(r"\*|\.?[a-z0-9.-]+|\[[0-9a-f:.]+\]", re.ASCII)
_MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)
_PORTS = {"http": 80, "https": 443}
_ESCAPED = "with special characters of a password as %23 (#), %2F (/), %3F (?), %40 (@)"


class Environment:
    """Reads settings and collects the faults, so that one start shows all of them."""

    def __init__(self, values: Mapping[str, str] = os.environ) -> None:
        self.values = values
        self.faults: list[str] = []

    def read[T](self, name: str, parse: Callable[[str], T], default: Any = _MISSING) -> T:
        """Return the parsed setting `name`, or note what is wrong with it and go on."""
        try:
            raw = self._raw(name)
            if raw is not None:
                return parse(raw)
            if default is _MISSING:
                self.faults.append(f"{name} is not set (or {name}_FILE)")
        except OSError as error:
            self.faults.append(f"{name}: {error.strerror}")
        except UnicodeError:
            self.faults.append(f"{name}: the file is not text in UTF-8")
        except ValueError as error:
            self.faults.append(f"{name}: {error}")
        return None if default is _MISSING else default  # type: ignore[return-value]

    def _raw(self, name: str) -> str | None:
        """Return the value without blanks around it, which a file edited on Windows leaves at line ends."""
        value, path = self.values.get(name, "").strip(), self.values.get(f"{name}_FILE", "").strip()
        if value and path:  # a change of the one that is not read would have no effect
            raise ValueError(f"set twice, also by {name}_FILE: remove one")
        if path:
            value = Path(path).read_text(encoding="utf-8-sig").strip()
            if not value:  # a secret that was not written, not one that was left out
                raise ValueError("the file is empty")
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("is not text in UTF-8")  # no page, path or statement could hold it
        return value or None

    def exclude(self, name: str, value: object, other: str, its_value: object) -> None:
        """Note where two settings stand side by side that must not."""
        if value and its_value:
            self.faults.append(f"{other}: not together with {name}")

    def stop_on_faults(self) -> None:
        """Raise `ImproperlyConfigured` naming every setting that is missing or wrong."""
        if self.faults:
            raise ImproperlyConfigured("Settings: " + "; ".join(self.faults))


def flag(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError("must be 1 or 0")


def count(text: str) -> int:
    """Return a whole number that is not negative."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValueError("must be a whole number such as 20000")
    return int(text)


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def label(text: str) -> str:
    """Return a text that pages show, such as a name or a phone number."""
    if len(text) > 40 or not text.isprintable():
        raise ValueError("must be one line of at most 40 characters")
    return text


def secret(text: str) -> str:
    if len(text) < 32:
        raise ValueError("too short, use at least 32 random characters")
    return text


def key(text: str) -> bytes:
    """Return the 32 bytes written as 64 hexadecimal digits."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise ValueError("must be 64 hexadecimal digits (openssl rand -hex 32)")
    return raw


def hours(text: str) -> int:
    """Return a number of hours, 0 to 720."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) > 720:
        raise ValueError("must be a number of hours, at most 720")
    return int(text)


def keyring(text: str) -> dict[str, bytes]:
    """Return `{id: key}` from `id:hex,id:hex`; the first key seals, all of them open."""
    ring: dict[str, bytes] = {}
    for entry in words(text.replace("\n", ",")):
        name, _, digits = entry.partition(":")
        if not 1 <= len(name) <= 16 or not name.isascii() or name in ring:
            raise ValueError("must be id:key,id:key with distinct ids of at most 16 characters")
        ring[name] = key(digits)
    if not ring:
        raise ValueError("must be id:key,id:key with at least one key")
    return ring


def split(text: str, wanted: str) -> tuple[SplitResult, int | None]:
    """Return the parts of an address, and its port.

    Raises `ValueError` with what is wanted, and nothing of the address: it may hold a password.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(wanted) from None
    if re.search(r"[\s\\]", parts.netloc) or port == 0:
        raise ValueError(wanted)
    return parts, port


def origin(text: str) -> str:
    """Return a web origin such as https://pay.example.cn, as browsers write it."""
    wanted = "must be an origin such as https://pay.example.cn"
    parts, port = split(text, wanted)
    host = (parts.hostname or "").removesuffix(".")
    if ":" in host:
        host = f"[{IPv6Address(host)}]"
    elif not _HOST.fullmatch(host):
        raise ValueError(f"{wanted}, with ASCII letters, digits, dots and hyphens")
    is_more = parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in _PORTS or is_more:
        raise ValueError(wanted)
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, _PORTS[parts.scheme]} else "")


def host_of(address: str) -> str:
    """Return the host name of an origin as `ALLOWED_HOSTS` has it."""
    host = urlsplit(address).hostname or ""
    return f"[{host}]" if ":" in host else host


def hosts(text: str) -> list[str]:
    """Return host names; one with a scheme or a port would match no request."""
    found = words(text.lower())
    if not found or not all(map(_HOSTS.fullmatch, found)):
        raise ValueError("must be host names such as pay.example.cn, without https:// and port")
    return found


def service(text: str) -> str:
    """Return the address of a service that is sent personal data: https, or this machine."""
    wanted = "must be an address such as https://invoices.example.cn/v1"
    parts, _ = split(text, wanted)
    at_home = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if (
        not parts.hostname
        or not (parts.scheme == "https" or (parts.scheme == "http" and at_home))
        or parts.query
        or parts.fragment
        or parts.username
    ):
        raise ValueError(wanted)
    return text.rstrip("/")


def issuer(text: str) -> str:
    """Return an identity provider's own name for itself, to the letter: its tokens repeat it."""
    service(text)
    return text


def days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) > 90:
        raise ValueError("must be a number of days from 0 to 90")
    return int(text)


def debt_days(text: str) -> int:
    """Return for how many days a debt is recognised: at most ten years, so that its end is a date."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) > 3650:
        raise ValueError("must be a number of days from 0 to 3650")
    return int(text)


def member_days(text: str) -> int:
    """Return for how many days an account may lie unused: a month to three years."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10) or not 30 <= int(text) <= 1096:
        raise ValueError("must be a number of days from 30 to 1096")
    return int(text)


def mail_server(text: str) -> dict[str, Any]:
    """Return Django's MAILERS for `smtps://user:password@host:465` or `smtp://…:587` (STARTTLS).

    Plain `smtp://127.0.0.1:25` is for the mail server of this machine.
    """
    wanted = "must be smtps://user:password@host:465 or smtp://user:password@host:587"
    if set(text) & {"#", "?"}:
        raise ValueError(f"{wanted}, {_ESCAPED}")
    parts, port = split(text, f"{wanted}, {_ESCAPED}")
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError(wanted)
    ssl = parts.scheme == "smtps"
    plain = not ssl and parts.hostname in {"127.0.0.1", "::1", "localhost"}
    options = {
        "host": parts.hostname,
        "port": port or (465 if ssl else 25 if plain else 587),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_ssl": ssl,
        "use_tls": not ssl and not plain,
        "timeout": 10,
    }
    return {"default": {"BACKEND": "core.mail_backend.LimitedBackend", "OPTIONS": options}}


def mail_addresses(text: str) -> list[str]:
    """Return e-mail addresses that are separated by commas."""
    found = words(text)
    if not found or not all(map(_MAIL.fullmatch, found)):
        raise ValueError("must be e-mail addresses, separated by commas")
    return found


def mail_sender(text: str) -> str:
    """Return the sender of mails: an address, or `Name <address>`."""
    if not _MAIL.fullmatch(parseaddr(text)[1]):
        raise ValueError("must be an e-mail address, or a name with an address: Parking <parking@example.cn>")
    return text


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a reader of one word out of a few."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return text

    return read


def log_level(text: str) -> str:
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
    return text.upper()


def language(text: str) -> str:
    if text not in {"zh", "en"}:
        raise ValueError("must be zh or en")
    return text


def robot(text: str) -> str:
    """Return the address of a group robot; it holds a key, so no message shows it."""
    wanted = "must be the robot's https address with its key"
    parts, _ = split(text, wanted)
    local = parts.hostname in {"127.0.0.1", "localhost"}
    if (parts.scheme != "https" and not (parts.scheme == "http" and local)) or not parts.query:
        raise ValueError(wanted)
    return text


def surfaces(text: str) -> list[str]:
    chosen = words(text)
    if not chosen or set(chosen) - {"driver", "device", "console", "members"}:
        raise ValueError("must be some of driver, device, console, members")
    return chosen


# How long a statement may take, and wait for a lock, in milliseconds. Drivers and cameras get an answer in
# about a second; a lock time-out is repeated once (core.database). A command such as migrate sets its own.
DATABASE_LIMITS = {
    "pages": {"statement_timeout": 1500, "lock_timeout": 300, "idle_in_transaction_session_timeout": 10_000},
    "console": {
        "statement_timeout": 30_000,
        "lock_timeout": 3000,
        "idle_in_transaction_session_timeout": 60_000,
    },
    "worker": {
        "statement_timeout": 300_000,
        "lock_timeout": 5000,
        "idle_in_transaction_session_timeout": 60_000,
    },
    "command": {},
}
WAIT_SECONDS = {"pages": 0.7, "console": 1.0}  # for a connection, so also for a database that is away
CONNECTIONS = {"pages": 8, "console": 6, "worker": 20, "command": 4}  # at most, of one process


def pooler(text: str) -> tuple[str, str]:
    """Return host and port of PgBouncer."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("must be host:port, such as 127.0.0.1:6432")
    return host, port


def through_pooler(found: dict[str, Any], use: str, address: tuple[str, str]) -> dict[str, Any]:
    """Return the settings for a database behind PgBouncer in transaction mode.

    There nothing may outlive a transaction: no session settings (PgBouncer makes them, one database name for
    each use: deploy/cluster/pgbouncer.ini), no prepared statements, no cursors.
    """
    options = {name: value for name, value in found["OPTIONS"].items() if name != "options"}
    return {
        **found,
        "NAME": f"{found['NAME']}_{use}",
        "HOST": address[0],
        "PORT": address[1],
        "HOT": False,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {**options, "prepare_threshold": None},
    }


def database(
    text: str, use: str = "command", pooler_address: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Return Django's settings for `sqlite:///file` or `postgresql://user:pass@host:port/name`.

    `use`: what this process does with it, a key of DATABASE_LIMITS. Commands go past the pooler.
    """
    found = _database(text, use)
    if pooler_address and use != "command" and found["ENGINE"] == "core.postgresql":
        return through_pooler(found, use, pooler_address)
    return found


def _database(text: str, use: str) -> dict[str, Any]:
    wanted = "must be sqlite:///path/to/file or postgresql://user:password@host:5432/name"
    if set(text) & {"?", "#"}:  # what follows would be dropped: a part of a password, or sslmode
        raise ValueError(f"{wanted}, {_ESCAPED}; sslmode is set as PGSSLMODE")
    parts, port = split(text, f"{wanted}, {_ESCAPED}")
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1:
        return _sqlite(unquote(parts.path[1:]), use)
    if parts.scheme in {"postgres", "postgresql"} and parts.path.strip("/"):
        return _postgresql(parts, port, use)
    raise ValueError(wanted)


def _sqlite(path: str, use: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,  # closing the last connection writes the whole WAL back: each request would
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 1 if use == "pages" else 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                "PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456;"
                "PRAGMA wal_autocheckpoint=0;"  # core.sqlite_checkpoint writes it back
            ),
        },
    }


def _postgresql(parts: SplitResult, port: int | None, use: str) -> dict[str, Any]:
    return {
        "ENGINE": "core.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 0,
        "HOT": use == "pages",
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": CONNECTIONS[use],
                "timeout": WAIT_SECONDS.get(use, 2.0),
                "reconnect_timeout": 1.5,  # then the next request tries again; a pool waits ever longer
            },
            "connect_timeout": 2,
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "tcp_user_timeout": 5000,  # a cut cable is noticed in seconds
            **({"options": limits} if (limits := _options(use)) else {}),
            "server_side_binding": True,
            "prepare_threshold": 1,
        },
    }


def _options(use: str) -> str:
    return " ".join(f"-c {name}={limit}" for name, limit in DATABASE_LIMITS[use].items())


def use_of_database(process: str, surfaces: list[str]) -> str:
    """Return the use that a process has for the database: its strictest surface decides."""
    if process != "web":
        return process
    return "console" if surfaces == ["console"] else "pages"
