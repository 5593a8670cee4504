"""Outside parties that hang: they cost their own threads and nobody else's."""

import ast
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connections
from django.test import override_settings

from config import env
from core import outside
from core.outside import LIMITS, NotSent, OutcomeUnknown, Party
from core.transport import PooledTransport
from monitoring.models import OpenCircuit
from tests.payments.providers.test_transport import OK, says, server
from tests.waiting import wait_for
from tools.machine import ROOT

pytestmark = pytest.mark.servers

WAYS_OUT = {
    "socket",
    "ssl",
    "http.client",
    "urllib.request",
    "urllib3",
    "httpx",
    "requests",
    "aiohttp",
    "smtplib",
}
ALLOWED = {
    "core/transport.py",
    "core/mail_backend.py",
    "core/service_manager.py",  # systemd's own socket
    "monitoring/outside_check.py",  # a process of its own, which looks at certificates
    "monitoring/alert_delivery.py",  # the names of smtplib's errors
}
OWN_PROCESSES = {"selfcheck", "deploy", "tools", "sandbox", "simulator", "benchmarks", "tests"}
# The server hangs up after each answer; without a word of it the next caller may take the connection first.
OK_CLOSING = OK.replace(b"X-Word: A", b"Connection: close")
SHORT = {"connect_seconds": 0.2, "read_seconds": 0.3}


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_no_other_module_opens_sockets():
    found = set()
    for folder in sorted(settings.BASE_DIR.iterdir()):
        if not (folder / "__init__.py").exists() or folder.name in OWN_PROCESSES:
            continue
        for path in folder.rglob("*.py"):
            if WAYS_OUT & set(imports_of(path)):
                found.add(path.relative_to(settings.BASE_DIR).as_posix())
    assert found == ALLOWED


@contextmanager
def frozen():
    """A server that accepts every connection and never answers; yields its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


def drips_headers(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Drop: 1\r\n")
        time.sleep(0.05)


def at_once(count, work):
    """Run `work` in threads; return what each raised, and how long it took."""
    found = []

    def run():
        began, error = time.monotonic(), None
        try:
            work()
        except OutcomeUnknown as unknown:
            error = unknown
        found.append((error, time.monotonic() - began))

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_call_ends_after_total_time():
    transport = PooledTransport("wechat", **SHORT)
    with server(drips_headers) as (url, _):
        party = Party("wechat", url.removeprefix("http://"))
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            transport.send("GET", url, {}, b"")
        assert time.monotonic() - began < 15
        wait_for(lambda: LIMITS.busy(party) == 0)  # the connection is cut, and its thread ends


def test_broken_answer_logs_no_address(caplog):
    broken = b"HTTP/1.1 200 OK\r\nX-\xc3\xa9: 1\r\nContent-Length: 0\r\n\r\n"
    with server(says(broken)) as (url, _):
        assert PooledTransport("wechat", **SHORT).send("GET", f"{url}/?plate=A12345", {}, b"").status == 200
    assert caplog.text == ""


def test_idle_thread_is_used_again():
    party = Party("test", "again")
    first, second = (
        outside.call(party, threading.current_thread, seconds=5, cut=lambda: None) for _ in range(2)
    )
    assert first is second
    assert first is not threading.current_thread()


def test_forked_process_has_threads_of_its_own():
    source = """if True:
        import os, warnings
        from core import outside
        warnings.simplefilter("ignore")  # of forks beside threads
        def ask():
            return outside.call(outside.Party("test", "fork"), os.getpid, seconds=5, cut=lambda: None)
        assert ask() == os.getpid()
        child = os.fork()
        if not child:
            os._exit(ask() != os.getpid())
        raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert subprocess.run([sys.executable, "-c", source], cwd=ROOT, check=False).returncode == 0


def test_short_burst_is_served():
    """Twice as many drivers at once as a party has threads: the second half waits a moment."""

    def slowly(connection):
        time.sleep(0.1)
        says(OK_CLOSING)(connection)

    transport = PooledTransport("wechat", connect_seconds=2, read_seconds=18)
    with server(slowly) as (url, _):
        answers = at_once(2 * outside.PER_PARTY, lambda: transport.send("GET", url, {}, b""))
    assert [error for error, _ in answers] == [None] * 2 * outside.PER_PARTY


def test_queue_is_bounded():
    limits, party = outside.CallLimits(per_party=1), Party("wechat", "example.cn")
    limits.enter(party)
    waiting = threading.Thread(target=limits.enter, args=(party, 30))
    waiting.start()
    wait_for(lambda: limits._states[party].waiting == 1)
    began = time.monotonic()
    with pytest.raises(NotSent):
        limits.enter(party, 30)
    assert time.monotonic() - began < 10
    limits.leave(party)
    waiting.join()
    assert limits.busy(party) == 1


def answered(limits, *parties):
    for party in parties:
        limits.enter(party)
        limits.note(party, answered=True)
        limits.leave(party)


def test_waiting_callers_count_for_all_parties():
    limits = outside.CallLimits(per_party=1, all_parties=2)
    one, other = Party("wechat", "example.cn"), Party("alipay", "example.cn")
    answered(limits, one, other)
    limits.enter(one)
    waiting = threading.Thread(target=limits.enter, args=(one, 30))
    waiting.start()
    wait_for(lambda: limits._states[one].waiting == 1)
    limits.enter(other)
    with pytest.raises(NotSent):
        limits.enter(other, 30)
    limits.leave(one)
    waiting.join()


def dead_parties(limits, count):
    dead = [Party("parking system", f"{number}.example.cn") for number in range(count)]
    for party in dead:
        limits.enter(party)
        limits.note(party, answered=False)
        limits.leave(party)
    return dead


def entered(limits, parties):
    """Have each party enter if it may; return how many did."""
    count = 0
    for party in parties:
        with suppress(NotSent):
            limits.enter(party)
            count += 1
    return count


def test_dead_parties_leave_threads_to_others():
    """Of one kind, four threads are for failing ones, and eight for them and unknown ones."""
    limits = outside.CallLimits()
    alive, channel = Party("parking system", "alive.example.cn"), Party("wechat", "example.cn")
    dead, unknown = dead_parties(limits, 60), [Party("parking system", f"new{one}") for one in range(60)]
    answered(limits, alive)
    assert (entered(limits, dead), entered(limits, unknown)) == (4, 4)
    assert entered(limits, [channel] * 2) == 2
    assert entered(limits, [alive] * 3) == 2


def test_parties_that_died_at_once_leave_threads():
    """Nothing is known against any of them at first; later one that has answered meanwhile goes on."""
    limits = outside.CallLimits()
    parties = [Party("parking system", str(number)) for number in range(60)]
    answered(limits, *parties)
    assert entered(limits, parties) == 10
    for party in parties[:10]:
        limits.note(party, answered=False)
        limits.leave(party)
    for party in parties[10:]:
        limits._states[party].answered_at -= outside.LATELY_SECONDS
    assert entered(limits, parties[10:]) == 9
    answered(limits, Party("wechat", "example.cn"))
    limits._states[parties[59]].answered_at = time.monotonic()
    assert entered(limits, parties[59:]) == 1


def test_full_budget_refuses_soon():
    transport = PooledTransport("wechat", connect_seconds=0.5, read_seconds=1)
    with frozen() as port:
        answers = at_once(8, lambda: transport.send("GET", f"http://127.0.0.1:{port}/", {}, b""))
    refused = [seconds for error, seconds in answers if isinstance(error, NotSent)]
    assert len(refused) == 8 - outside.PER_PARTY
    assert max(refused) < 0.9 < min(seconds for error, seconds in answers if not isinstance(error, NotSent))


def test_frozen_party_does_not_delay_another():
    frozen_one, other = PooledTransport("wechat", **SHORT), PooledTransport("alipay", **SHORT)
    with frozen() as port, server(says(OK)) as (url, _):
        threads = [
            threading.Thread(
                target=at_once, args=(1, lambda: frozen_one.send("GET", f"http://127.0.0.1:{port}/", {}, b""))
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        assert other.send("GET", url, {}, b"").status == 200
        for thread in threads:
            thread.join()


def test_all_parties_together_are_limited():
    limits = outside.CallLimits(per_party=2, all_parties=3)
    parties = [Party(str(number), "example.cn") for number in range(3)]
    answered(limits, *parties)
    for party in parties[:2] + parties[:1]:
        limits.enter(party)
    with pytest.raises(NotSent):
        limits.enter(parties[2])
    limits.leave(parties[0])
    limits.enter(parties[2])


@pytest.mark.django_db
def test_circuit_opens_and_closes_again(monkeypatch):
    monkeypatch.setattr(outside, "PAUSE_SECONDS", 0.2)
    transport = PooledTransport("wechat", **SHORT)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    listener.close()
    for _ in range(outside.FAILURES):
        with pytest.raises(OutcomeUnknown) as failed:
            transport.send("GET", url, {}, b"")
        assert not isinstance(failed.value, NotSent)
    with pytest.raises(NotSent):
        transport.send("GET", url, {}, b"")
    row = OpenCircuit.objects.get()
    assert (row.kind, row.host) == ("wechat", f"127.0.0.1:{port}")
    time.sleep(0.3)
    with socket.create_server(("127.0.0.1", port)) as again:

        def answer():
            connection, _ = again.accept()
            with connection:
                says(OK_CLOSING)(connection)

        thread = threading.Thread(target=answer)
        thread.start()
        assert transport.send("GET", url, {}, b"").status == 200
        thread.join()
    assert not OpenCircuit.objects.exists()


def test_half_open_circuit_lets_one_call_pass(monkeypatch):
    monkeypatch.setattr(outside, "PAUSE_SECONDS", 0.0)
    limits, party = outside.CallLimits(), Party("sms", "example.cn")
    for _ in range(outside.FAILURES):
        limits.enter(party)
        limits.leave(party)
        limits.note(party, answered=False)
    limits.enter(party)
    with pytest.raises(NotSent):
        limits.enter(party)
    limits.leave(party)
    assert limits.note(party, answered=True) is False
    limits.enter(party)


def test_hanging_mail_server_is_given_up(monkeypatch):
    monkeypatch.setattr("core.mail_backend.TOTAL_SECONDS", 0.5)
    with frozen() as port, override_settings(MAILERS=env.mail_server(f"smtp://127.0.0.1:{port}")):
        began = time.monotonic()
        with pytest.raises(OSError, match="does not answer"):
            EmailMessage("a", "b", from_email="a@example.cn", to=["b@example.cn"]).send()
        assert time.monotonic() - began < 15


def test_calls_of_one_page_share_its_time():
    """The first used all of it up: the second is not sent, and is no failure of the party."""
    party, sent = Party("wechat", "shared.example"), []
    silence = threading.Event()
    with outside.within(0.2):
        with pytest.raises(OutcomeUnknown, match="in time"):
            outside.call(party, silence.wait, seconds=60, cut=silence.set)
        with pytest.raises(NotSent, match="no time"), outside.within(60):
            outside.call(party, lambda: sent.append(1), seconds=60, cut=list)
    assert not sent
    assert outside.call(party, lambda: 7, seconds=60, cut=list) == 7


@pytest.mark.django_db(transaction=True)
def test_waiting_call_holds_no_pooled_connection():
    ours = connections["default"]
    ours.ensure_connection()
    outside.call(Party("wechat", "example.cn"), lambda: None, seconds=1, cut=lambda: None)
    is_pooled = bool(ours.settings_dict["OPTIONS"].get("pool"))
    assert (ours.connection is None) == is_pooled
