"""Certificates in /etc/ssl/purecode: one pair of files for each host name, whoever issued them."""

from __future__ import annotations

import os
import re
import socket
import ssl
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy import nginx
from deploy.server_settings import Answers
from deploy.system import CommandFault, Fault, last_line, link, run, warn

FOLDER = Path("/etc/ssl/purecode")
WEBROOT = Path("/var/lib/purecode-acme")
LETSENCRYPT = Path("/etc/letsencrypt/live/purecode")
RENEWAL = Path("/etc/letsencrypt/renewal/purecode.conf")
HOOK = "systemctl reload nginx"
REFUSED = re.compile(r"(?m)^ *Domain: +(\S+)\n *Type: .*\n *Detail: (.*)$")  # in what certbot prints
NOISE = ("Ask for help", "Saving debug log", "See the logfile", "Some challenges have failed")
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")  # what Debian trusts
PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


def pairs(answers: Answers) -> dict[str, tuple[Path, Path]]:
    """Return certificate and key of each host name, under the name that nginx.conf uses."""
    return {name: (FOLDER / f"{name}.pem", FOLDER / f"{name}.key") for name in answers.hosts}


def fault_of(certificate: Path, host: str, key: Path | None = None) -> str | None:
    """Return what is wrong with a certificate for a host name, or None. Needs no other program."""
    try:
        found = _decoded(certificate)
    except OSError:  # ssl.SSLError is one
        return f"{certificate} is not a certificate in PEM form: convert it with openssl"
    here = f"it is {now():%Y-%m-%d %H:%M} UTC here"
    if ends(certificate) < now():
        return f"{certificate} expired on {found['notAfter']} ({here}): get a new one"
    if ssl.cert_time_to_seconds(found["notBefore"]) > now().timestamp():
        return f"{certificate} is valid from {found['notBefore']}, and {here}: set the clock"
    if not _names(found, host):
        return f"{certificate} is not for {host}: get one that names it"
    return _fault_of_key(certificate, key) if key else None


def fault_of_chain(certificate: Path) -> str | None:
    """Return what a chain lacks, or None: phones know the authorities, and not what stands between."""
    if not AUTHORITIES.exists():
        return None
    found = _decoded(certificate)
    known = {found["subject"]} | _subjects(certificate) | _subjects(AUTHORITIES)
    if found["issuer"] in known:
        return None
    issuer = dict(pair for parts in found["issuer"] for pair in parts).get("commonName", "its issuer")
    return (
        f"{certificate} lacks the certificate of {issuer}, and phones reject it: append the intermediate"
        " certificates (most authorities give a file fullchain), then systemctl reload nginx"
    )


def _subjects(bundle: Path) -> set[object]:
    """Return the names of the authorities whose certificates are in a file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(bundle)
    return {each["subject"] for each in context.get_ca_certs()}


def is_for(der: bytes, host: str) -> bool:
    """Return whether a certificate names this host, whatever else is wrong with it."""
    with tempfile.NamedTemporaryFile("w", encoding="ascii", suffix=".pem") as file:
        file.write(ssl.DER_cert_to_PEM_cert(der))
        file.flush()
        return _names(_decoded(Path(file.name)), host)


def _names(found: dict[str, Any], host: str) -> bool:
    names = [value.lower() for kind, value in found.get("subjectAltName", ()) if kind == "DNS"]
    return host in names or f"*.{host.partition('.')[2]}" in names


def now() -> datetime:
    return datetime.now(UTC)


def _fault_of_key(certificate: Path, key: Path) -> str | None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"{key} is not the key of {certificate}: give the one that it was requested with"
        return _fault_of_form(key)
    except OSError:
        return f"{key} cannot be read"
    return None


def _fault_of_form(key: Path) -> str:
    """Return why nginx could not read a key, and the command that mends it."""
    if "ENCRYPTED" in key.read_text(encoding="utf-8", errors="replace"):
        plain = f"openssl pkey -in {key} -out {key.with_suffix('.plain.key')}"
        return f"{key} has a password, which nginx cannot enter: {plain}, then give that file"
    return f"{key} is not a private key in PEM form: convert it with openssl"


def shown_at(host: str, *, address: str | None = None, port: int = 443, seconds: float = 5) -> bytes:
    """Return the certificate that is shown for a host name, at its own or at this address, in DER form."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # which one it is, is compared; nothing is sent
    with (
        socket.create_connection((address or host, port), timeout=seconds) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        return connection.getpeercert(binary_form=True) or b""


def in_der(certificate: Path) -> bytes:
    """Return the first certificate of a PEM file in DER form, b"" where it has none."""
    found = PEM.search(certificate.read_text(encoding="utf-8", errors="replace"))
    return ssl.PEM_cert_to_DER_cert(found[0]) if found else b""


def _decoded(certificate: Path) -> dict[str, Any]:
    """Return the fields of a certificate. The function is CPython's own, without a public name."""
    return ssl._ssl._test_decode_cert(str(certificate))  # type: ignore[attr-defined,no-any-return]


def ends(certificate: Path) -> datetime:
    """Return when a certificate expires."""
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(_decoded(certificate)["notAfter"]), UTC)


def is_in_place(answers: Answers) -> bool:
    """Return whether each host name has the certificate that was asked for, and it is good."""
    if answers.tls == "acme" and not _is_from(answers.acme_server):
        return False
    for name, (certificate, key) in pairs(answers).items():
        if not certificate.exists() or fault_of(certificate, answers.hosts[name], key):
            return False
        source = _target(answers)
        if certificate.resolve() != source[0].resolve():
            return False
    return True


def is_shown(answers: Answers) -> bool:
    """Return whether nginx serves the certificates that are in place, or does not run yet."""
    for name, (certificate, _) in pairs(answers).items():
        with suppress(ConnectionRefusedError):
            if shown_at(answers.hosts[name], address="127.0.0.1") != in_der(certificate):
                return False
    return True


def _target(answers: Answers) -> tuple[Path, Path]:
    if answers.tls == "own":
        return Path(answers.certificate), Path(answers.key)
    if answers.tls == "acme":
        return LETSENCRYPT / "fullchain.pem", LETSENCRYPT / "privkey.pem"
    return FOLDER / "self-signed.pem", FOLDER / "self-signed.key"


def put_in_place(answers: Answers) -> None:
    """Install the files nginx starts with: your own pair, or a self-signed one until certbot has its own."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if answers.tls != "own":
        make_self_signed(answers)
    for certificate, key in pairs(answers).values():
        if answers.tls == "acme" and not LETSENCRYPT.exists():
            source = FOLDER / "self-signed.pem", FOLDER / "self-signed.key"
        else:
            source = _target(answers)
        link(certificate, str(source[0]))
        link(key, str(source[1]))


def make_self_signed(answers: Answers) -> None:
    """Make a certificate for a trial. Browsers warn of it, and payment channels do not accept it."""
    certificate, key = FOLDER / "self-signed.pem", FOLDER / "self-signed.key"
    hosts = list(answers.hosts.values())
    if certificate.exists() and not any(fault_of(certificate, host, key) for host in hosts):
        return
    names = ",".join(f"DNS:{host}" for host in dict.fromkeys(hosts))
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"]
    words += ["-subj", f"/CN={answers.public}", "-addext", f"subjectAltName={names}"]
    run("openssl", *words, "-keyout", key, "-out", certificate)
    key.chmod(0o600)


def _is_from(server: str) -> bool:
    """Return whether certbot gets the certificate from this server."""
    with suppress(OSError):
        return f"\nserver = {server}\n" in RENEWAL.read_text(encoding="utf-8")
    return False


def get_from_acme(answers: Answers) -> None:
    """Have certbot prove that the host names are ours and get a certificate; its timer renews it."""
    WEBROOT.mkdir(parents=True, exist_ok=True)
    hosts = [word for host in dict.fromkeys(answers.hosts.values()) for word in ("-d", host)]
    words = ["certonly", "--non-interactive", "--agree-tos", "-m", answers.email, "--cert-name", "purecode"]
    words += ["--webroot", "-w", str(WEBROOT), "--deploy-hook", HOOK, "--server", answers.acme_server]
    words.append("--keep-until-expiring" if _is_from(answers.acme_server) else "--force-renewal")
    try:
        run("certbot", *words, *hosts)
    except CommandFault as fault:
        raise Fault(f"certbot got no certificate: {reason_of(fault.output)}") from None
    if {"https_proxy", "HTTPS_PROXY"} & os.environ.keys():
        warn("certbot.timer renews without your https_proxy: see docs/install.md#proxy")
    put_in_place(answers)
    nginx.reload()


def reason_of(output: str) -> str:
    """Return in one line why certbot failed: what the authority found at each host name, or its error."""
    found = REFUSED.findall(output)
    if found:
        names = "; ".join(f"{host}: {detail.strip()}" for host, detail in found)
        return f"{names}: let each name point to this server, open port 80, then run this again"
    lines = [line for line in output.splitlines() if not line.startswith(NOISE)]
    return last_line("\n".join(lines))
