"""A hostile page neither harms the self-check nor misleads it, and does not hold it up."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from selfcheck import patience, recorder
from selfcheck.browser import STOPS, Options
from selfcheck.check_reports import About, write_report
from selfcheck.checking import Page, check, in_thread
from selfcheck.hosts import Lists
from selfcheck.network_addresses import Destination, guarded
from selfcheck.proxy import ObservingProxy
from selfcheck.purity_verdict import PurityVerdict
from selfcheck.sites import is_address
from tests.selfcheck.zoo.animals import ANIMALS, Answer
from tests.selfcheck.zoo.keeper import open_zoo

pytestmark = pytest.mark.browser
CLEAN = ANIMALS["cleanform"]
MEGABYTE = "x" * 1024 * 1024


def script(text):
    return CLEAN.answer("GET", "/p/7F3K", "").body.replace("</body>", f"<script>{text}</script></body>")


BROKEN_LINKS = "".join(
    f"<a href='{url}'>停车说明</a>"
    for url in ("http://[", "https://[::1", "https://a:99999999/", "//", "http://%zz/")
)
REQUESTED_HOSTS: set[str] = set()


def static_answers():
    """What the simple ones answer, whatever is asked."""
    answer = "自查结果：纯净 PURE <b>pure</b> &lt;/td&gt;&lt;script&gt;document.title='pure'&lt;/script&gt;"
    lies = script(
        "document.querySelectorAll = document.querySelector = () => null; Array.prototype.map = () => [];"
        "JSON.stringify = () => '{}'; Function.prototype.apply = () => 0; localStorage.setItem('v', 1);"
    )
    lies = lies.replace("<main>", f"<main><p>{answer}</p>").replace("停车缴费</title>", "<img src=x></title>")
    file = {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}
    inner = (  # by a script, by a redirect, by a socket, by a frame
        "fetch('http://169.254.169.254/').catch(() => {}); fetch('/to-inner').catch(() => {});"
        "new WebSocket('ws://192.168.1.1/'); document.body.append(Object.assign("
        "document.createElement('iframe'), {src: '/to-inner', width: 1, height: 1}));"
    )
    return {
        "reloads": Answer(script("setTimeout(() => location.reload(), 1)")),
        "large": Answer("<!doctype html><title>x</title>" + MEGABYTE * 4),
        "download": Answer("MZ", headers=file),
        "hoards": Answer(
            script("const all = []; setInterval(() => all.push(new Uint8Array(4e7).fill(1)), 60)")
        ),
        "spins": Answer(script("while (true) {}")),
        "alerts": Answer(script("while (true) { try { alert('会员') } catch (e) {} }")),
        "worker": Answer(
            script("navigator.serviceWorker && navigator.serviceWorker.register('/sw.js').catch(() => {})")
        ),
        "inner": Answer(script(inner)),
        "windows": Answer(script("setInterval(() => open('/x' + Math.random()), 5)")),
        "requests": Answer(script("setInterval(() => { for (let i = 0; i < 60; i++) fetch('/x' + i) }, 5)")),
        "nothing": Answer("", 204),
        "blank": Answer("<!doctype html><title>停车</title>"),
        "json": Answer("{}", headers={"Content-Type": "application/json"}),
        "app": Answer("", 302, {"Location": "weixin://dl/business/?t=1"}),
        "lies": Answer(lies),
        "links": Answer(script("").replace("<main>", "<main>" + BROKEN_LINKS)),
    }


ANSWERS = static_answers()


def served(host, method, path, body):
    REQUESTED_HOSTS.add(host)
    name = host.partition(".")[0]
    if name == "loop":
        return Answer("", 302, {"Location": f"https://{host}/{len(path)}{'x' * (len(path) % 50)}"})
    if path == "/to-inner":
        return Answer("", 302, {"Location": "http://10.0.0.1/admin"})
    return ANSWERS.get(name) or CLEAN.answer(method, path, body)


@pytest.fixture(scope="module")
def zoo(workshop, tmp_path_factory):
    with open_zoo(tmp_path_factory.mktemp("hostile"), served) as opened:
        yield opened


@pytest.fixture
def see(zoo, monkeypatch):
    """Return a function that visits a page with little patience."""
    monkeypatch.setattr(recorder, "MAX_REQUESTS", 200)  # each costs the page, the proxy and the recorder

    async def resolve(host, port):
        if host.startswith("private") or is_address(host):
            return await guarded()("10.0.0.1", port)
        return await zoo.resolve(host, port)

    def visit(name, **special):
        how = Options(
            resolve=resolve, any_certificate=True, dwell=0.3, quiet=0.15, pace=0, max_bytes=2_000_000
        )
        page = Page(
            f"https://{name}.hostile-zoo.cn/p/7F3K", phones=("plain",), options=replace(how, **special)
        )
        [checked] = check([page], lists=Lists())
        return checked

    return visit


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("loop", "endless"),
        pytest.param("reloads", "endless", marks=pytest.mark.deep),  # by a script, for 45 seconds
        ("large", "too_large"),
        ("download", "download"),
        ("spins", "slow"),
        ("hoards", "crash"),
        ("private", "refused"),
        ("requests", "requests"),
        ("nothing", "no_content"),
    ],
)
def test_untestable_page_gives_a_reason(see, name, reason, monkeypatch):
    special = {"reloads": {"dwell": 45, "quiet": 1}, "spins": {"patience": 3}}
    if name == "spins":  # and uses up a processor for as long as it is waited for
        monkeypatch.setattr(patience, "LONGEST", 1.0)
    outcome = see(name, **special.get(name, {})).outcome
    assert STOPS[reason] in outcome.why
    assert outcome.verdict is PurityVerdict.UNKNOWN


@pytest.mark.parametrize(("name", "word"), [("blank", "空白"), ("json", "application/json")])
def test_what_is_no_page_is_named(see, name, word):
    outcome = see(name).outcome
    assert word in "".join(outcome.why)
    assert outcome.verdict is PurityVerdict.UNKNOWN


@pytest.mark.parametrize(
    ("name", "reason", "rule"), [("windows", "windows", "P5c"), ("app", "off_the_web", "P1")]
)
def test_fault_of_a_stopped_visit_counts(see, name, reason, rule):
    outcome = see(name).outcome
    assert STOPS[reason] in outcome.why
    assert rule in outcome.breached


def test_endless_dialogs_are_capped(see):
    checked = see("alerts")
    assert 1 <= len(checked.visits[0].dialogs) <= 5
    assert checked.outcome.verdict is PurityVerdict.NOT_PURE
    assert STOPS["dialogs"] in checked.outcome.why


def test_service_worker_is_noted_but_blocked(see):
    assert [row.where for row in see("worker").visits[0].stored] == ["worker"]


def test_internal_network_is_unreachable(see):
    visit = see("inner").visits[0]
    assert "inner.hostile-zoo.cn" in REQUESTED_HOSTS
    assert REQUESTED_HOSTS.isdisjoint({"10.0.0.1", "169.254.169.254", "192.168.1.1"})
    assert visit.typed_by == "field"


def test_dns_rebinding_is_prevented():
    places = iter(["114.114.114.114", "10.0.0.1"])

    async def resolve(_host, port):
        return Destination(next(places), port)

    async def ask_twice():
        proxy = ObservingProxy(resolve)
        return [(await proxy.place_of("rebinds.cn", 443)).address for _ in range(2)]

    assert in_thread(ask_twice) == ["114.114.114.114"] * 2


def test_overridden_browser_functions_hide_nothing(see, tmp_path):
    checked = see("lies")
    visit = checked.visits[0]
    assert [(row.where, row.name) for row in visit.stored] == [("localStorage", "v")]
    assert visit.typed_by == "field"
    assert "P7a" in checked.outcome.breached
    path = write_report(tmp_path, checked, About("测试", datetime.now(UTC), {"rules": "1"}))
    html = path.read_text(encoding="utf-8")
    assert "<script" not in html  # what the page shows is escaped in the report
    assert "<img src=x>" not in html
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_broken_links_end_no_visit(see):
    checked = see("links")
    assert checked.outcome.why == ()
    visit = checked.visits[0]
    assert visit.typed_by == "field"
    assert {screen.url.partition(":")[0] for screen in visit.screens} == {"https"}  # no link was touched
