"""nginx in front: the delivered configuration with this server's names, ports and certificates."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path

from deploy.config import STAGING, Answers, read_env
from deploy.system import Fault, run, systemctl, write

FOLDER = Path("/etc/nginx")
SITE = FOLDER / "conf.d" / "purecode.conf"
TLS = Path("/etc/ssl/purecode")
PLACEHOLDERS = {"public": "pay.example.cn", "devices": "devices.example.cn", "console": "console.example.cn"}
MEMBERS = "members.example.cn"


def version() -> tuple[int, ...]:
    """Return nginx's version, such as (1, 26, 3). It prints it to its error output."""
    text = run("sh", "-c", "nginx -v 2>&1")
    found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", text)
    if not found:
        raise Fault("nginx -v names no version: is this the nginx of the distribution?")
    return tuple(int(part) for part in found.groups())


CASHIER = """    location /cashier/ {                                 # staging mode: where play money is paid
        proxy_pass http://127.0.0.1:8009;
        include purecode-proxy.conf;
    }
"""


def render(
    template: str,
    answers: Answers,
    ports: Mapping[str, str],
    nginx: tuple[int, ...],
    *,
    staging: bool = False,
) -> str:
    """Return the site's configuration for this server.

    nginx before 1.25.1 (Debian 12, Ubuntu 24.04) has HTTP/2 as a word of `listen` instead of a directive.
    The members' server is left out: members have a host name of their own (docs/members.md).
    """
    blocks = re.split(r"(?m)^(?=server \{)", template)
    text = "".join(block for block in blocks if f"server_name {MEMBERS}" not in block)
    text = re.sub(r"(?m)^upstream purecode_members .*\n", "", text)
    text = text.replace(f" {MEMBERS}", "")
    for surface, placeholder in PLACEHOLDERS.items():
        text = re.sub(rf"(?<=[ ]){re.escape(placeholder)}(?=[ ;])", getattr(answers, surface), text)
    for surface in ("driver", "device", "console"):
        port = ports[f"PORT_{surface.upper()}"]
        text = re.sub(rf"(upstream purecode_{surface}\s+{{ server 127\.0\.0\.1:)\d+", rf"\g<1>{port}", text)
    if staging:
        before = "    location / {\n        proxy_pass http://purecode_driver;"
        text = text.replace(before, CASHIER + before)
    if nginx < (1, 25, 1):
        servers = re.split(r"(?m)^(?=server \{)", text)
        text = "".join(
            server.replace("443 ssl;", "443 ssl http2;").replace("    http2 on;\n", "")
            if "http2 on;" in server
            else server
            for server in servers
        )
    return text


def apply(release: Path, answers: Answers, slot: str) -> bool:
    """Let nginx send requests to a slot. Where nginx rejects the configuration the former one stays."""
    ports = read_env(release / "deploy" / "slots" / f"{slot}.env")
    deploy = release / "deploy"
    files = {FOLDER / name: (deploy / name).read_text(encoding="utf-8") for name in SHARED}
    template = (deploy / "nginx.conf").read_text(encoding="utf-8")
    files[SITE] = render(template, answers, ports, version(), staging=STAGING.exists())
    before = {path: _read(path) for path in files}
    if before == files:
        return False
    for path, text in files.items():
        write(path, text)
    try:
        run("nginx", "-t")
    except Fault as fault:
        for path, former in before.items():
            if former is None:
                path.unlink(missing_ok=True)
            else:
                write(path, former)
        raise Fault(f"nginx rejects its configuration, which is as before again: {fault}") from None
    systemctl("reload-or-restart", "nginx")
    return True


SHARED = ("purecode-server.conf", "purecode-proxy.conf")


def _read(path: Path) -> str | None:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8")
    return None
