"""nginx in front: the delivered configuration with this server's names, ports and certificates."""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import os
import re
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

from deploy.server_settings import STAGING, Answers
from deploy.system import (
    CommandFault,
    Fault,
    is_active,
    is_half_installed,
    run,
    systemctl,
    wait_until,
    warn,
    write,
)

FOLDER = Path("/etc/nginx")
SITE = FOLDER / "conf.d" / "purecode.conf"
TLS = Path("/etc/ssl/purecode")
PLACEHOLDERS = {
    "driver": "pay.example.cn",
    "device": "devices.example.cn",
    "console": "console.example.cn",
    "members": "members.example.cn",
}
WELCOME = FOLDER / "sites-enabled" / "default"  # Debian's welcome page, the default server of port 80
WELCOME_PAGES = Path("/var/www/html")
PROCESS = Path("/run/nginx.pid")
ERRORS = Path("/var/log/nginx/error.log")
NAMES_ROOM = re.compile(r"(?m)^[^#\n]*\bserver_names_hash_bucket_size\s")
OWN_ADDRESS = re.compile(  # of `listen`, but for those that stand for all addresses
    r"(?m)^[^#\n]*\blisten\s+((?!0\.0\.0\.0\b)(?:\d+\.){3}\d+|\[[0-9a-fA-F:]*[0-9a-fA-F]\])"
    r"(?::(80|443))?[\s;]"
)
BOTH_FAMILIES = re.compile(r"(?m)^[^#\n]*\blisten\s+\[::\](?::(80|443))?\s[^;]*\bipv6only=off\b")
INCLUDE = re.compile(r"\binclude\s+([^;]+);")
PROXY_IN_FRONT = re.compile(r"(?m)^[^#\n]*\bset_real_ip_from\s")
EMERGENCY = re.compile(r"\[emerg\] (?:\d+#\d+: )?(.+)")


def version() -> tuple[int, ...]:
    """Return nginx's version, such as (1, 26, 3). It prints it to its error output."""
    text = run("sh", "-c", "nginx -v 2>&1")
    found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", text)
    if not found:
        raise Fault("nginx -v names no version: is this the nginx of the distribution?")
    return tuple(int(part) for part in found.groups())


CASHIER = """    # staging mode: the sandbox's pages for payers
    location ~ ^/(cashier/|gateway\\.do$|connect/oauth2/) {
        proxy_pass http://127.0.0.1:8009;
        include purecode-proxy.conf;
    }
"""


def render(
    template: str,
    answers: Answers,
    ports: Mapping[str, int],
    nginx: tuple[int, ...],
    *,
    staging: bool = False,
    ipv6: bool = True,
) -> str:
    """Return the site's configuration for this server.

    nginx before 1.25.1 (Debian 12, Ubuntu 24.04) has HTTP/2 as a word of `listen` instead of a directive.
    A surface without a host name is left out: the members' pages are optional (docs/members.md).
    """
    text = template
    for surface in PLACEHOLDERS.keys() - answers.surfaces.keys():
        blocks = re.split(r"(?m)^(?=server \{)", text)
        text = "".join(block for block in blocks if f"server_name {PLACEHOLDERS[surface]}" not in block)
        text = re.sub(rf"(?m)^upstream purecode_{surface} .*\n", "", text)
        text = text.replace(f" {PLACEHOLDERS[surface]}", "")
    for surface, host in answers.surfaces.items():
        text = re.sub(rf"(?<=[ ]){re.escape(PLACEHOLDERS[surface])}(?=[ ;])", host, text)
        text = re.sub(
            rf"(upstream purecode_{surface}\s+{{ server 127\.0\.0\.1:)\d+", rf"\g<1>{ports[surface]}", text
        )
    if staging:
        before = "    location / {\n        proxy_pass http://purecode_driver;"
        text = text.replace(before, CASHIER + before)
    if not ipv6:
        text = re.sub(r"(?m)^ *listen \[::\]:.*\n", "", text)
    if nginx < (1, 25, 1):
        servers = re.split(r"(?m)^(?=server \{)", text)
        text = "".join(
            server.replace("443 ssl;", "443 ssl http2;").replace("    http2 on;\n", "")
            if "http2 on;" in server
            else server
            for server in servers
        )
    return text


def has_ipv6() -> bool:
    """Return whether the kernel has IPv6: where it was turned off, nginx cannot listen on [::]."""
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::", 0))
    except OSError:
        return False
    return True


def wanted(release: Path, answers: Answers, ports: Mapping[str, int]) -> dict[Path, str]:
    """Return nginx's files as they are to be for these ports."""
    deploy = release / "deploy"
    files = {FOLDER / path.name: path.read_text(encoding="utf-8") for path in included(deploy)}
    template = (deploy / "nginx.conf").read_text(encoding="utf-8")
    site = render(template, answers, ports, version(), staging=STAGING.exists(), ipv6=has_ipv6())
    files[SITE] = room_for_names(answers) + site
    return files


def included(deploy: Path) -> list[Path]:
    """Return the files that a release's sites include: after a rollback those of an older release."""
    return sorted(deploy.glob("purecode-*"))


def room_for_names(answers: Answers) -> str:
    """Return the line by which nginx accepts long host names, as encoded Chinese ones are; "" for short ones.

    Of the 64 bytes that a name has by default, 18 are nginx's own. A second such line would be a fault.
    """
    needed = max(map(len, answers.hosts.values())) + 18
    if needed <= 64 or any(NAMES_ROOM.search(_read(path) or "") for path in _files_of_others()):
        return ""
    return f"server_names_hash_bucket_size {1 << (needed - 1).bit_length()};\n"


def _files_of_others() -> list[Path]:
    folders = FOLDER.glob("conf.d/*.conf"), FOLDER.glob("sites-enabled/*")
    return [FOLDER / "nginx.conf", *(path for paths in folders for path in paths if path != SITE)]


def sends_to(release: Path, answers: Answers, ports: Mapping[str, int]) -> bool:
    """Return whether nginx's files are as they are to be for these ports, and its workers can read them."""
    files = wanted(release, answers, ports)
    return all(_read(path) == text and path.stat().st_mode & 0o004 for path, text in files.items())


def reads_site(whole: str) -> bool:
    """Return whether nginx's configuration, as `nginx -T` prints it, takes the site in."""
    included = INCLUDE.findall(re.sub(r"#.*", "", whole))
    return any(fnmatch.fnmatch(str(SITE), str(FOLDER / pattern)) for pattern in included)


def to_read_site() -> str:
    return (
        f"nginx does not read {SITE}: write include {SITE.parent}/*.conf; into http {{ }} of"
        f" {FOLDER}/nginx.conf, then systemctl reload-or-restart nginx"
    )


def has_proxy_in_front() -> bool:
    """Return whether nginx takes clients' addresses from another proxy (docs/install.md#behind)."""
    return bool(PROXY_IN_FRONT.search(run("nginx", "-T")))


def driver_port() -> int | None:
    """Return the port that nginx's files have for the drivers' pages."""
    found = re.search(r"(?m)^upstream purecode_driver .*:(\d+);", _read(SITE) or "")
    return int(found[1]) if found else None


def apply(release: Path, answers: Answers, ports: Mapping[str, int]) -> None:
    """Make nginx send requests to these ports. If it rejects the configuration, the former one stays.

    It is reloaded also where the files are right: a command that was killed may have written them alone.
    """
    files = wanted(release, answers, ports)
    before = {path: _read(path) for path in files}
    try:
        for path, text in files.items():
            write(path, text)
        run("nginx", "-t")
        reload()
    except (Fault, OSError) as fault:
        for path, former in before.items():
            if former is None:
                path.unlink(missing_ok=True)
            else:
                write(path, former)
        if isinstance(fault, OSError):
            raise
        raise Fault(f"nginx rejects its configuration, which is as before again: {fault}") from None


def reload() -> None:
    """Make nginx read its files again. It returns at once, and nginx may still use the former ones."""
    before = _workers()
    systemctl("reload-or-restart", "nginx")
    if before and not wait_until(lambda: bool(_workers() - before), 15):
        found = [text for text in EMERGENCY.findall(_read(ERRORS) or "") if "still could not" not in text]
        raise Fault(found[-1] if found else "its error log is empty")


def welcomes() -> bool:
    """Return whether nginx's welcome page is as its package brought it: nobody uses that site."""
    if not WELCOME.is_symlink() or {path.name for path in _pages()} - {"index.nginx-debian.html"}:
        return False
    brought = run("dpkg-query", "--show", "--showformat=${Conffiles}\n", "nginx-common")
    return hashlib.md5(WELCOME.read_bytes(), usedforsecurity=False).hexdigest() in brought.split()


def _pages() -> list[Path]:
    return list(WELCOME_PAGES.iterdir()) if WELCOME_PAGES.is_dir() else []


def end_welcome() -> None:
    """Take the welcome page out, so that requests for unknown names get no answer."""
    WELCOME.unlink()
    if SITE.exists() and is_active("nginx"):
        reload()


def _workers() -> set[str]:
    """Return the process numbers of nginx's workers: each configuration has workers of its own."""
    with contextlib.suppress(OSError):
        pid = PROCESS.read_text(encoding="ascii").strip()
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split())
    return set()


def examine(answers: Answers) -> None:
    """Raise `Fault` where the nginx that is here already could not take the site in."""
    if not shutil.which("nginx") or os.geteuid():  # for a rehearsal by another user its files are closed
        return
    try:
        whole = run("nginx", "-T")
    except CommandFault as fault:
        # Of an installation that was interrupted, ours or that of the package: it is mended.
        if "purecode" in fault.output or is_half_installed("nginx"):
            return
        raise Fault(f"nginx has a fault already: {fault}") from None
    if not reads_site(whole):
        raise Fault(to_read_site())
    _examine_sites(whole, answers)


def _examine_sites(whole: str, answers: Answers) -> None:
    """Raise `Fault` where another site has a host name of ours, or takes an address from us."""
    parts = re.split(r"(?m)^# configuration file (\S+):\n", whole)[1:]
    for path, text in zip(parts[::2], parts[1::2], strict=True):
        if Path(path) == SITE:
            continue
        for names in re.findall(r"(?m)^[^#\n]*\bserver_name\s+([^;]+);", text):
            for host in set(names.lower().split()) & set(answers.hosts.values()):
                raise Fault(f"{path} has a site for {host} already: remove it there, then run this again")
        for port in BOTH_FAMILIES.findall(text):
            listens = f"listen {port or 80}; listen [::]:{port or 80};"
            raise Fault(
                f"{path} has a site with ipv6only=off, beside which nginx cannot listen on IPv4"
                f" for PureCode: write {listens} there, without it, then run this again"
            )
        for address, port in OWN_ADDRESS.findall(text):
            warn(
                f"{path} has a site of its own for {address}:{port or 80}, and what is sent to that address"
                f" never reaches PureCode: write listen {port or 80} there"
            )


def _read(path: Path) -> str | None:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace")
    return None
