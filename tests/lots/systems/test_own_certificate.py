"""A private certificate of a platform in the mall's own network: given by the operator, and alone trusted."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import call_command
from django.utils.timezone import now

from core.outside import LIMITS
from lots.models import ParkingSystemLink
from lots.systems.link_test import check
from lots.systems.links import BadLink, save_link
from lots.systems.parking_system import Unreachable
from sandbox.systems.__main__ import SIMULATORS
from sandbox.systems.system_server import SystemServer
from tests.factories import NOON, make_lot
from tests.lots.systems.simulated import Vendor
from tests.lots.systems.test_commands import given
from tests.lots.systems.test_vendors import PLATE, ask

pytestmark = pytest.mark.servers

DAY = timedelta(days=1)


class Issuer:
    """A certificate authority in memory."""

    def __init__(self, name="Mall CA"):
        self.key, self.name = ec.generate_private_key(ec.SECP256R1()), name
        self.certificate = self._signed(name, self.key.public_key(), [], is_authority=True)

    def _signed(self, name, public_key, names, *, is_authority=False, ends=90):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        at = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
        made = made.serial_number(x509.random_serial_number()).not_valid_before(at - 99 * DAY)
        made = made.not_valid_after(at + ends * DAY)
        made = made.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        if names:
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return made.sign(self.key, hashes.SHA256())

    def server_files(self, folder, names, *, ends=90):
        """Write a server's key and certificate; return its context and the certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed = self._signed("platform", key.public_key(), names, ends=ends)
        file = folder / "server.pem"
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(private + signed.public_bytes(pem))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context, text_of(signed), private.decode()


def text_of(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def issuer():
    LIMITS.forget()
    return Issuer()


@pytest.fixture
def serve(issuer, tmp_path):
    """Start 海康 ISC behind https; return it and the server's own certificate."""
    running = []

    def start(names=None, **certificate):
        names = names or [x509.IPAddress(ip_address("127.0.0.1"))]
        context, own, _ = issuer.server_files(tmp_path, names, **certificate)
        simulator = SIMULATORS["hikvision"]()
        simulator.park.enter(PLATE.text, 500)
        server = SystemServer(simulator)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.start()
        running.append(server)
        return Vendor(simulator, server.url.replace("http:", "https:")), own

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def found(vendor, certificate):
    """Return the findings of the test of a lot with this certificate."""
    lot = make_lot()
    save_link(lot, given(vendor, own_certificate=certificate), accepts_weak=False, at=NOON)
    return check(lot, plate=PLATE, at=now())


def test_own_authority_is_trusted(serve, issuer):
    vendor, own = serve()
    for certificate in (text_of(issuer.certificate), own):
        assert ask(vendor.system(own_certificate=certificate)).due_fen == 500


def test_unknown_authority_gets_no_plate(serve):
    vendor, _ = serve()
    for certificate in ("", text_of(Issuer().certificate), text_of(Issuer("another").certificate)):
        assert ask(vendor.system(own_certificate=certificate)) == Unreachable("no_answer")
    assert not vendor.simulator.received


@pytest.mark.django_db
def test_private_certificate_passes_the_test(serve, issuer):
    vendor, _ = serve()
    findings = found(vendor, text_of(issuer.certificate))
    assert all(finding.is_good for finding in findings), findings
    assert any(f"{now() + 90 * DAY:%Y-%m-%d}" in str(finding.text) for finding in findings)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("names", "ends", "is_given", "code"),
    [
        (None, 90, False, "certificate"),
        ([x509.DNSName("platform.mall.example")], 90, True, "certificate_name"),
        (None, -1, True, "certificate_ended"),
    ],
)
def test_refused_certificate_is_named(serve, issuer, names, ends, is_given, code):
    vendor, _ = serve(names, ends=ends)
    findings = found(vendor, text_of(issuer.certificate) if is_given else "")
    assert [finding.code for finding in findings if finding.code] == [code]


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["text", "binary", "key", "ended", "http", "many"])
def test_unusable_certificate_is_named(issuer, tmp_path, wrong):
    vendor = Vendor(SIMULATORS["hikvision"](), "https://127.0.0.1:1")
    own = text_of(issuer.certificate)
    names = [x509.DNSName("a.example")]
    base_url, certificate, why = {
        "text": (vendor.url, "the certificate is in the mail", "BEGIN CERTIFICATE"),
        "binary": (vendor.url, "0\x82\x01ÂPlatform", "BEGIN CERTIFICATE"),
        "key": (vendor.url, issuer.server_files(tmp_path, names)[2] + own, "private key|私钥"),
        "ended": (vendor.url, issuer.server_files(tmp_path, names, ends=-1)[1], "ended|到期"),
        "http": ("http://127.0.0.1:1", own, "https://"),
        "many": (vendor.url, own * 9, "BEGIN CERTIFICATE"),
    }[wrong]
    typed = given(vendor, base_url=base_url, own_certificate=certificate)
    with pytest.raises(BadLink, match=f"own_certificate: .*({why})"):
        save_link(make_lot(), typed, accepts_weak=False, at=NOON)
    assert not ParkingSystemLink.objects.exists()


@pytest.mark.django_db
def test_only_certificates_are_stored(issuer):
    vendor = Vendor(SIMULATORS["hikvision"](), "https://127.0.0.1:1")
    own = text_of(issuer.certificate)
    noisy = "Bag Attributes\r\n  friendlyName: 王某\r\n" + own.replace("\n", "\r\n")
    save_link(make_lot(), given(vendor, own_certificate=noisy), accepts_weak=False, at=NOON)
    assert ParkingSystemLink.objects.get().own_certificate == own


def test_conformance_takes_a_private_certificate(issuer, tmp_path, monkeypatch, capsys):
    context, _, _ = issuer.server_files(tmp_path, [x509.IPAddress(ip_address("127.0.0.1"))])
    simulator = SIMULATORS["generic"]()
    simulator.park.enter(PLATE.text, 500)
    server = SystemServer(simulator)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.start()
    file = tmp_path / "authority.pem"
    file.write_text(text_of(issuer.certificate))
    monkeypatch.setenv("PARKING_SECRET", simulator.secrets["secret"])
    call_command("conform", server.url.replace("http:", "https:"), certificate=str(file))
    assert "keeps the rules" in capsys.readouterr().out
    server.shutdown()
    server.server_close()
