"""Time stamps of bundles, by an authority that runs on loopback."""

import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from selfcheck import bundles, command_line, timestamps
from tests.selfcheck.test_fetching import dripping
from tools import machine

pytestmark = pytest.mark.servers

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/root.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[ext]
extendedKeyUsage = critical,timeStamping
"""


@pytest.fixture(scope="module")
def openssl():
    return machine.OPENSSL.bring()


@pytest.fixture(scope="module")
def authority(tmp_path_factory, openssl):
    """Return the folder of a time stamp authority: root, certificate, key."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01")

    def run(*words):
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True)

    ec = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc")
    run("req", "-x509", "-newkey", *ec, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=root")
    run("req", "-new", "-newkey", *ec, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=tsa")
    run(
        *("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-out", "tsa.pem"),
        *("-extfile", "tsa.cnf", "-extensions", "ext", "-CAcreateserial"),
    )
    run("req", "-x509", "-newkey", *ec, "-keyout", "x.key", "-out", "stranger.pem", "-subj", "/CN=x")
    return folder


@contextmanager
def serving(answer):
    """Serve an authority on loopback; `answer` makes the answer to a request."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/tsa"
    finally:
        server.shutdown()
        server.server_close()


def answering(folder, openssl):
    def answer(query):
        (folder / "q").write_bytes(query)
        words = [openssl, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q", "-out", "r"]
        subprocess.run(words, cwd=folder, check=True, capture_output=True)
        return (folder / "r").read_bytes()

    return answer


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "result.json").write_text("{}")
    return folder


def stamped(bundle, authority, openssl):
    with serving(answering(authority, openssl)) as url:
        how = bundles.Seal(bytes(32), timestamps.Authority(url, authority / "root.pem"))
        assert bundles.seal(bundle, how, url="https://a.cn", verdict="pure") == ""


def test_bundle_carries_verified_time_stamp(bundle, authority, openssl, capsys):
    stamped(bundle, authority, openssl)
    result = bundles.verify(bundle, roots=authority / "root.pem")
    assert result.faults == ()
    assert result.stamped.endswith("GMT")
    assert command_line.main(["verify", str(bundle), "--timestamp-ca", str(authority / "root.pem")]) == 0
    assert f"time stamp: {result.stamped}" in capsys.readouterr().out


def test_stamp_of_unknown_authority_fails(bundle, authority, openssl):
    stamped(bundle, authority, openssl)
    assert bundles.verify(bundle).faults
    assert bundles.verify(bundle, roots=authority / "stranger.pem").faults


def sealed_and_stamp(bundle):
    return (bundle / bundles.SIGNATURE).read_bytes(), (bundle / bundles.STAMP).read_bytes()


def test_stamp_outlives_its_certificate(bundle, authority, openssl):
    stamped(bundle, authority, openssl)
    later = datetime.now(UTC) + timedelta(days=400)
    named = timestamps.verify(*sealed_and_stamp(bundle), authority / "root.pem", at=later)
    assert named.endswith("GMT (its certificate has expired since)")


def test_stamp_before_its_certificate_fails(bundle, authority, openssl, monkeypatch):
    stamped(bundle, authority, openssl)
    monkeypatch.setattr(timestamps, "_seconds", lambda named, at: int(at.timestamp()) - 86_400)
    with pytest.raises(timestamps.NoTimestamp, match="not yet valid"):
        timestamps.verify(*sealed_and_stamp(bundle), authority / "root.pem")


def test_stamp_of_the_future_fails(bundle, authority, openssl):
    stamped(bundle, authority, openssl)
    with pytest.raises(timestamps.NoTimestamp, match="future"):
        timestamps.verify(
            *sealed_and_stamp(bundle), authority / "root.pem", at=datetime.now(UTC) - timedelta(days=9)
        )


def test_removed_stamp_is_missed(bundle, authority, openssl):
    stamped(bundle, authority, openssl)
    (bundle / bundles.STAMP).unlink()
    assert bundles.verify(bundle).faults == ("missing: the time stamp that the manifest names",)


def test_stamp_of_other_data_fails(bundle, authority, openssl, tmp_path):
    stamped(bundle, authority, openssl)
    stamp = (bundle / bundles.STAMP).read_bytes()
    with pytest.raises(timestamps.NoTimestamp):
        timestamps.verify(b"other", stamp, authority / "root.pem")
    (bundle / bundles.STAMP).write_bytes(stamp[:-40])
    assert bundles.verify(bundle, roots=authority / "root.pem").faults


@pytest.mark.parametrize("answer", [b"", b"<html>", b"x" * 70000])
def test_bad_answer_leaves_unstamped_bundle(bundle, authority, answer):
    with serving(lambda _query: answer) as url:
        how = bundles.Seal(bytes(32), timestamps.Authority(url, authority / "root.pem"))
        assert bundles.seal(bundle, how, url="https://a.cn", verdict="pure")
    assert not (bundle / bundles.STAMP).exists()
    assert bundles.verify(bundle).faults == ()
    assert b"no_timestamp" in (bundle / bundles.MANIFEST).read_bytes()


def test_replayed_answer_is_refused(bundle, authority, openssl):
    earlier = []

    def replay(query):
        earlier.append(answering(authority, openssl)(query))
        return earlier[0]

    with serving(replay) as url:
        one = timestamps.Authority(url, authority / "root.pem")
        one.stamp(b"data")
        with pytest.raises(timestamps.NoTimestamp):
            one.stamp(b"data")


def test_silent_authority_leaves_unstamped_bundle(bundle):
    how = bundles.Seal(bytes(32), timestamps.Authority("http://127.0.0.1:9/"))
    assert "does not answer" in bundles.seal(bundle, how, url="https://a.cn", verdict="pure")
    assert "http" in bundles.seal(
        bundle, bundles.Seal(bytes(32), timestamps.Authority("file:///etc/passwd")), url="", verdict=""
    )


def test_dripping_authority_is_given_up(bundle, monkeypatch):
    monkeypatch.setattr(timestamps, "SECONDS", 0.5)
    with dripping() as port:
        how = bundles.Seal(bytes(32), timestamps.Authority(f"http://127.0.0.1:{port}/"))
        assert "in time" in bundles.seal(bundle, how, url="https://a.cn", verdict="pure")
