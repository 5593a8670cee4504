"""Pebble, the test server of Let's Encrypt: an authority that gives certificates by ACME, on the machine."""

import contextlib
import json
import shutil
from collections.abc import Iterator

from tests.live import trial_certificates
from tests.live.bare_machine import Machine
from tools.packages import install

URL = "https://localhost:14000/dir"
TRUST = "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt"  # certbot's, instead of the registries'
NAMES_KEPT_SECONDS = 6.0  # it is written in Go, which reads /etc/hosts again after five seconds
CONFIGURATION = {
    "listenAddress": "127.0.0.1:14000",
    "managementListenAddress": "127.0.0.1:15000",
    "certificate": "/root/pebble.pem",
    "privateKey": "/root/pebble.key",
    "httpPort": 80,  # where it asks the host names, as Let's Encrypt does
    "tlsPort": 443,
}


def put_pebble(machine: Machine) -> None:
    """Copy Debian's pebble onto the machine, whichever distribution that runs, with a certificate for it."""
    if not shutil.which("pebble"):
        install("pebble")
    program = shutil.which("pebble")
    assert program, "pebble is missing: apt-get install pebble (Debian 13)"
    shutil.copy2(program, machine.root / "usr/local/bin/pebble")
    folder = machine.root / "root"
    trusted = trial_certificates.issue(folder, ("localhost",), name="pebble")
    shutil.copyfile(trusted, machine.root / "usr/local/share/ca-certificates/pebble.crt")
    machine.run("update-ca-certificates")
    (folder / "pebble.json").write_text(json.dumps({"pebble": CONFIGURATION}), encoding="utf-8")


@contextlib.contextmanager
def running(machine: Machine) -> Iterator[None]:
    """Run the authority for the length of a `with` block. It asks each host name on port 80."""
    put_pebble(machine)
    settings = "PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0"  # no errors made on purpose
    command = f"{settings} pebble -config /root/pebble.json >/var/log/pebble.log 2>&1"
    machine.run(f"({command} & echo $! >/run/pebble)")
    try:
        connect = 'import socket; socket.create_connection(("127.0.0.1", 14000))'
        machine.run(f"timeout 120 sh -c 'until python3 -c \"$0\" 2>/dev/null; do sleep 1; done' '{connect}'")
        yield
    finally:
        machine.run("kill $(cat /run/pebble); rm /root/pebble.json")
