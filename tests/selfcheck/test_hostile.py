"""A hostile page neither harms the self-check nor misleads it, and does not hold it up."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from selfcheck import recorder
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
def seen(workshop, tmp_path_factory):
    """All of them with little patience; those that use up a machine come when the others are done."""
    served_zoo = open_zoo(tmp_path_factory.mktemp("hostile"), served)
    with pytest.MonkeyPatch.context() as patch, served_zoo as zoo:
        patch.setattr(recorder, "MAX_REQUESTS", 200)  # each costs the page, the proxy and the recorder

        async def resolve(host, port):
            if host.startswith("private") or is_address(host):
                return await guarded()("10.0.0.1", port)
            return await zoo.resolve(host, port)

        options = Options(
            resolve=resolve, any_certificate=True, dwell=0.3, quiet=0.15, pace=0, max_bytes=2_000_000
        )
        special = {"reloads": {"dwell": 45, "quiet": 1}, "spins": {"patience": 6}}
        names = [
            *("large", "download", "alerts", "worker", "lies", "private", "inner", "links"),
            *("nothing", "blank", "json", "app"),
            *("loop", "reloads", "hoards", "spins", "windows", "requests"),
        ]
        light = names.index("loop")
        pages = [
            Page(
                f"https://{name}.hostile-zoo.cn/p/7F3K",
                phones=("plain",),
                options=replace(options, **special.get(name, {})),
            )
            for name in names
        ]
        checked = check(pages[:light], lists=Lists(), parallel=4)
        checked += check(pages[light:], lists=Lists(), parallel=2)
        return dict(zip(names, checked, strict=True))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("loop", "endless"),
        ("reloads", "endless"),
        ("large", "too_large"),
        ("download", "download"),
        ("spins", "slow"),
        ("hoards", "crash"),
        ("private", "refused"),
        ("requests", "requests"),
        ("nothing", "no_content"),
    ],
)
def test_untestable_page_gives_a_reason(seen, name, reason):
    outcome = seen[name].outcome
    assert STOPS[reason] in outcome.why
    assert outcome.verdict is PurityVerdict.UNKNOWN


@pytest.mark.parametrize(("name", "word"), [("blank", "空白"), ("json", "application/json")])
def test_what_is_no_page_is_named(seen, name, word):
    assert word in "".join(seen[name].outcome.why)
    assert seen[name].outcome.verdict is PurityVerdict.UNKNOWN


@pytest.mark.parametrize(
    ("name", "reason", "rule"), [("windows", "windows", "P5c"), ("app", "off_the_web", "P1")]
)
def test_fault_of_a_stopped_visit_counts(seen, name, reason, rule):
    assert STOPS[reason] in seen[name].outcome.why
    assert rule in seen[name].outcome.breached


def test_endless_dialogs_are_capped(seen):
    visit = seen["alerts"].visits[0]
    assert 1 <= len(visit.dialogs) <= 5
    assert seen["alerts"].outcome.verdict is PurityVerdict.NOT_PURE
    assert STOPS["dialogs"] in seen["alerts"].outcome.why


def test_service_worker_is_noted_but_blocked(seen):
    assert [row.where for row in seen["worker"].visits[0].stored] == ["worker"]


def test_internal_network_is_unreachable(seen):
    assert "inner.hostile-zoo.cn" in REQUESTED_HOSTS
    assert REQUESTED_HOSTS.isdisjoint({"10.0.0.1", "169.254.169.254", "192.168.1.1"})
    assert seen["inner"].visits[0].typed_by == "field"


def test_dns_rebinding_is_prevented():
    places = iter(["114.114.114.114", "10.0.0.1"])

    async def resolve(_host, port):
        return Destination(next(places), port)

    async def ask_twice():
        proxy = ObservingProxy(resolve)
        return [(await proxy.place_of("rebinds.cn", 443)).address for _ in range(2)]

    assert in_thread(ask_twice) == ["114.114.114.114"] * 2


def test_overridden_browser_functions_hide_nothing(seen):
    visit = seen["lies"].visits[0]
    assert [(row.where, row.name) for row in visit.stored] == [("localStorage", "v")]
    assert visit.typed_by == "field"
    assert "P7a" in seen["lies"].outcome.breached


def test_broken_links_end_no_visit(seen):
    assert seen["links"].outcome.why == ()
    visit = seen["links"].visits[0]
    assert visit.typed_by == "field"
    assert {screen.url.partition(":")[0] for screen in visit.screens} == {"https"}  # no link was touched


def test_report_escapes_page_text(seen, tmp_path):
    path = write_report(tmp_path, seen["lies"], About("测试", datetime.now(UTC), {"rules": "1"}))
    html = path.read_text(encoding="utf-8")
    assert "<script" not in html
    assert "<img src=x>" not in html
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
