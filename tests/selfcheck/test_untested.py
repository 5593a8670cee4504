"""What could not be tried is never called kept: pages that keep the visit from testing a rule.

Each page is one visit, and names the rules that must not end as "kept" on it.
"""

from dataclasses import replace
from threading import Event

import pytest

from selfcheck.browser import Options
from selfcheck.checking import Page, check
from selfcheck.hosts import Lists
from selfcheck.purity_verdict import PurityVerdict
from selfcheck.verdicts import State
from tests.selfcheck.zoo.animals import ABSENT, ANIMALS, FEE, FORM, PLATE, Animal, Answer
from tests.selfcheck.zoo.keeper import open_zoo, serve_from

pytestmark = pytest.mark.browser

TO_CASHIER = {"P2", "P5d"}
LOOK_UP = TO_CASHIER | {
    *("P3", "P4a", "P4b", "P5a", "P5b", "P5c", "P6", "P7a", "P7b"),
    *("P8a", "P8b", "P9a", "P9b", "P11b", "P12d", "P12e"),
}  # fmt: skip
SCREENS = {"P3", "P5a", "P5b", "P5c", "P5d", "P11b", "P12d", "P12e"}
CALLS = {"P4a", "P4b", "P5c", "P7a", "P9a", "P9b"}
LATER = {"P5a", "P5c", "P7a", "P12d"}


def answers_only(script):
    """Return a script that answers the look-up in the page, without the server."""
    return f"document.forms[0]&&(document.forms[0].onsubmit=e=>{{e.preventDefault();{script}}})"


def shown(words):
    add = f"document.querySelector('form').insertAdjacentHTML('afterend','<p>{words}</p>')"
    return answers_only(add)


PAINTED = (
    "<canvas width=340 height=400 style='cursor:pointer'></canvas><script>"
    "const g=document.querySelector('canvas').getContext('2d');g.font='20px sans-serif';"
    "g.fillText('车牌号',10,30);"
    "'沪A12345'.split('').forEach((k,i)=>g.fillText(k,10+i*40,90));g.canvas.onclick=()=>{}</script>"
)
# The page does not answer from the first touch on, and yet leaves the processor to others.
HANGS = "r=new XMLHttpRequest,onpointerdown=()=>{r.open('GET','/held',false);r.send()}"
FLOOD = "for(let n=0;n<500;n++)navigator.permissions.query({name:'x'+n}).catch(()=>{})"
FRAME = "<iframe title=f srcdoc='<p>x</p>' width=9 height=9></iframe>"
CODE = "<label>图形验证码 <input name=c required></label>"
STRANGER = "<meta http-equiv=refresh content='0;url=https://pay.nobody-zoo.cn/cashier'>"
PAGES = {
    "hangs": (Animal("", "", script=HANGS), LOOK_UP),
    "error": (ANIMALS["cleanform"], LOOK_UP),
    "painted": (Animal("", "", before=PAINTED, form=""), LOOK_UP),
    "wechatonly": (Animal("", "", place="", foot="", form="<p>请在微信客户端打开链接</p>"), LOOK_UP),
    "closed": (Animal("", "", place="", foot="", form="<p>系统维护中，请稍后再来</p>"), LOOK_UP),
    "silent": (Animal("", "", script=answers_only("0")), LOOK_UP),
    "endless": (Animal("", "", script=shown("查询中…")), LOOK_UP),
    "busy": (Animal("", "", script=shown("系统繁忙，请稍后再试")), LOOK_UP),
    "refused": (Animal("", "", script=shown("请输入正确的车牌号")), LOOK_UP),
    "drawncode": (Animal("", "", form=FORM.replace("<button", f"{CODE}<button")), LOOK_UP),
    "down": (Animal("", ""), LOOK_UP),
    "free": (Animal("", "", owes=False), TO_CASHIER),
    "grey": (Animal("", "", fee=FEE.replace("<button", "<button disabled")), TO_CASHIER),
    "buttonless": (Animal("", "", fee="<h2>应缴停车费</h2><p>¥8.00</p>"), TO_CASHIER),
    "desk": (Animal("", "", pay="<p>支付通道故障，请到岗亭付款</p>"), TO_CASHIER),
    "strangers": (Animal("", "", pay=f"{STRANGER}<p>正在打开收银台…</p>"), TO_CASHIER),
    "wide": (Animal("", "", before="<p>" + "<i></i>" * 9000 + "</p>"), SCREENS),
    "frames": (Animal("", "", before=FRAME * 9), SCREENS),
    "floods": (Animal("", "", script=FLOOD), CALLS),
    "once": (ANIMALS["cleanform"], LATER),
}  # fmt: skip
# One page of each kind stands for it in every run: nothing can be typed, nothing is answered, no fee can be
# paid, there is too much to look at. These are further ones.
DEEP = {
    *("painted", "wechatonly", "closed"),  # "hangs"
    *("endless", "busy", "refused", "drawncode", "down"),  # "silent", "error"
    *("grey", "desk"),  # "buttonless", "free"
    "frames",  # "wide", "floods"
}

# Coming back must not turn a rule into "kept" either: tried where nothing is answered, and no fee is paid.
REVISITED = DEEP | {"once", "silent", "buttonless"}


@pytest.fixture(scope="module")
def zoo(workshop, tmp_path_factory):
    animals = {name: replace(animal, name=name) for name, (animal, _) in PAGES.items()}
    opened = {"once": 0}
    let_go = Event()
    serve = serve_from(animals)

    def served(host, method, path, body):
        name = host.removeprefix("pay.").partition("-")[0]
        if path == "/held":
            let_go.wait()
        answer = serve(host, method, path, body)
        if name == "error":
            return Answer(answer.body, 503, answer.headers)
        if name == "down" and method == "POST":
            return Answer("<h1>Service Unavailable</h1>", 503, answer.headers)
        if name == "once" and method == "GET" and path == "/p/7F3K":
            opened["once"] += 1
            return answer if opened["once"] == 1 else Answer("<h1>已失效</h1>", 410, answer.headers)
        return answer

    with open_zoo(tmp_path_factory.mktemp("untested"), served) as opened_zoo:
        yield opened_zoo
        let_go.set()


def kept(outcome):
    return {row.rule for row in outcome.results if row.state is State.KEPT}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.deep] * (name in DEEP)) for name in PAGES]
)
def test_untried_rules_are_never_kept(zoo, name):
    animal, untried = PAGES[name]
    how = Options(
        plate=PLATE, second=ABSENT, resolve=zoo.resolve, any_certificate=True,
        dwell=1.2, quiet=0.2, pace=0.02, automated=False,
        patience=20 if name == "hangs" else 40,
        revisit=name in REVISITED,
    )  # fmt: skip
    page = Page(replace(animal, name=name).url, "pure", ("plain",), how)
    [checked] = check([page], lists=Lists())
    assert kept(checked.outcome) & untried == set()
    assert checked.outcome.verdict not in {PurityVerdict.PURE, PurityVerdict.REMARKS}
    assert name != "hangs" or "opened" in checked.visits[0].did
