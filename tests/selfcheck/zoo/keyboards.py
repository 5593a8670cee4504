"""Families of pages that take the plate without a field: one key per <li>, keys that the server draws, a strip alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs

from tests.selfcheck.zoo.animals import FEE, PROTECTED, Animal, Answer

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
SIGNS = "1234567890QWERTYUPASDFGHJKLZXCVBNM"
LIST_FORM = (
    "<form method=post action='{path}'><div>车牌</div><div id=cp style='height:40px;border-bottom:2px solid #08c'>点这里，选字</div>"
    "<ul id=jp style='list-style:none;display:flex;flex-wrap:wrap;padding:0'></ul><input type=hidden name=plate id=v>"
    "<button id=go disabled>看看要付多少</button></form>"
)
LIST_SCRIPT = (
    "const s=document.querySelector('#cp'),k=document.querySelector('#jp'),go=document.querySelector('#go');let v='';"
    f"const draw=()=>{{k.innerHTML=[...(v?'{SIGNS}':'{PROVINCES}'),'删除','完成'].map(c=>`<li style='width:9%;height:38px'>${{c}}</li>`).join('');"
    "s.textContent=v||'点这里，选字';document.querySelector('#v').value=v;go.disabled=v.length<7};if(s){s.onclick=draw;"
    "k.onclick=e=>{const t=e.target.textContent;if(t.length>2)return;if(t==='完成'){k.innerHTML='';return}v=t==='删除'?v.slice(0,-1):v+t;draw()}}"
)
# A row that calls itself a text box, and boxes that begin with a province: only keys write into them.
BEGUN_FORM = (
    "<form method=post action='{path}'><p>车牌号</p><div id=row role=textbox aria-label=车牌号 style='display:flex;min-height:44px'></div>"
    "<input type=hidden name=plate id=v><button>查询停车费</button><div id=jp></div></form>"
)
BEGUN_SCRIPT = (
    "const row=document.querySelector('#row'),k=document.querySelector('#jp');let v='BEGUN';const draw=()=>{document.querySelector('#v').value=v;"
    "row.innerHTML=[...v.padEnd(7)].map(c=>`<b style='width:36px;height:44px;border:1px solid'>${c.trim()}</b>`).join('');"
    f"k.innerHTML=[...(v?'{SIGNS}':'{PROVINCES}'),'删除'].map(c=>`<button type=button>${{c}}</button>`).join('')}};"
    "if(row){draw();k.onclick=e=>{const t=e.target.textContent;if(t.length>2)return;v=t==='删除'?v.slice(0,-1):v+t;draw()}}"
)
# A few keys at a time, and a wheel for each sign.
TURNED_FORM = (
    "<form method=post action='{path}'><p>请按省份、字母、数字</p><p id=pl></p><div id=jp></div><input type=hidden name=plate id=v>"
    "<button id=go hidden>查停车费</button></form>"
)
TURNED_SCRIPT = (
    "const q=s=>document.querySelector(s),k=q('#jp');let v='',more=false,abc=false;const draw=()=>{q('#pl').textContent=v;q('#v').value=v;"
    "q('#go').hidden=v.length<7;const set=v?abc||v.length<2?'QWERTYUPASDFGHJKLZXCVBNM':'1234567890':more?'沪苏浙皖':'京津冀晋';"
    "k.innerHTML=[...set,v?abc?'换成数字':'换成字母':'其他省份'].map(c=>`<button type=button>${c}</button>`).join('')};"
    "if(k){draw();k.onclick=e=>{const t=e.target.textContent;if(e.target===k)return;if(t.length<2)v+=t;else if(v)abc=!abc;else more=!more;draw()}}"
)
WHEELS_FORM = (
    "<form method=post action='{path}'><p>滚动各列，选出车牌</p><div id=jp style='display:flex'></div>"
    "<input type=hidden name=plate id=v><button>查停车费</button></form>"
)
WHEELS_SCRIPT = (
    (
        "const k=document.querySelector('#jp');if(k){const at=Array(7).fill(0),sets=at.map((_,n)=>[...n?'SIGNS':'PROVINCES']);sets.forEach((s,n)=>{"
        "const d=document.createElement('div');d.style.cssText='height:120px;overflow-y:scroll;flex:1;padding:0';d.innerHTML=['',...s,''].map(c=>"
        "`<div style='height:40px'>${c}</div>`).join('');d.onscroll=()=>{at[n]=Math.round(d.scrollTop/40);document.querySelector('#v').value="
        "sets.map((s,n)=>s[at[n]]).join('')};k.append(d)})}"
    )
    .replace("SIGNS", SIGNS)
    .replace("PROVINCES", PROVINCES)
)
# Wheels that only a finger moves; one that lets go of them quickly throws them on.
DRAGGED_SCRIPT = (
    (
        "const k=document.querySelector('#jp');if(k){const at=Array(7).fill(0),sets=at.map((_,n)=>[...n?'SIGNS':'PROVINCES']);sets.forEach((s,n)=>{"
        "const d=document.createElement('div'),u=document.createElement('div');d.style.cssText='height:132px;overflow:hidden;flex:1;touch-action:none';"
        "u.style.transition='transform .2s';u.innerHTML=s.map(c=>`<div style='height:44px'>${c}</div>`).join('');d.append(u);k.append(d);"
        "let y=0,from=0,off=44,since=0,then=0;const draw=()=>{u.style.transform=`translate3d(0,${off}px,0)`};draw();"
        "d.ontouchstart=e=>{y=e.touches[0].clientY;from=then=off;since=Date.now()};"
        "d.ontouchmove=e=>{off=from+e.touches[0].clientY-y;draw();if(Date.now()-since>300){since=Date.now();then=off}};"
        "d.ontouchend=()=>{if(Date.now()-since<300&&Math.abs(off-then)>15)off+=(off-then)*5;"
        "at[n]=Math.max(0,Math.min(s.length-1,Math.round((44-off)/44)));off=44-at[n]*44;draw();"
        "document.querySelector('#v').value=sets.map((s,n)=>s[at[n]]).join('')}})}"
    )
    .replace("SIGNS", SIGNS)
    .replace("PROVINCES", PROVINCES)
)
STRIP = (
    "<p>车牌号码</p><div id=cp style='height:44px;border:1px solid #888'>沪 · 轻点输入</div>"
    "<canvas id=k width=340 height=200 style='cursor:pointer'></canvas><p><button type=button>看看要付多少</button></p>"
)
# Keys on a canvas that nobody needs: the field beside them takes the phone's own.
BESIDE_FIELD = (
    "<form method=post action='{path}'><label>号牌（手机输入法或下方画出的键均可） <input name=plate value=沪 maxlength=8></label>"
    "<canvas width=340 height=120 aria-hidden=true></canvas><button>查停车费</button></form>"
)
BESIDE_FIELD_SCRIPT = (
    "const c=document.querySelector('canvas'),i=document.querySelector('input');if(c){const g=c.getContext('2d'),s='0123456789ABCDEF';"
    "[...s].forEach((k,n)=>g.fillText(k,10+n%8*40,40+60*(n>>3)));c.onclick=e=>{const b=c.getBoundingClientRect();"
    "i.value+=s[Math.floor((e.clientX-b.left)/40)+(e.clientY-b.top>60?8:0)]||''}}"
)
# Keys drawn as SVG, which reads as nonsense in a picture; a system dialog asks whether the plate is right.
DRAWN_FORM = (
    "<form method=post action='{path}' onsubmit='return confirm(`请核对车牌号：${{plate.value}}`)'><p id=pl style='height:40px'>请输入车牌</p>"
    "<svg id=jp viewBox='0 0 360 190' width=100%></svg><input type=hidden name=plate><button>查停车费</button></form>"
)
DRAWN_SCRIPT = (
    "const k=document.querySelector('#jp');if(k){let v='';const draw=()=>{document.querySelector('#pl').textContent=v||'请输入车牌';"
    f"document.forms[0].plate.value=v;k.innerHTML=[...(v?'{SIGNS}':'{PROVINCES}')+'←'].map((c,n)=>{{const x=n%9*40,y=(n/9|0)*46;"
    "return`<g><rect x=${x+1} y=${y+1} width=38 height=44 fill=#e8eef6></rect><text x=${x+20} y=${y+30} text-anchor=middle font-size=20>${c}</text></g>`})"
    ".join('')};draw();k.onclick=e=>{const g=e.target.closest('g');if(!g)return;const c=g.textContent;v=c==='←'?v.slice(0,-1):v+c;draw()}}"
)
PHONE = "<p><label>手机号 <input type=tel name=mobile></label> <button type=button>获取验证码</button></p>"
OWNER = "<p>车主：王*国，尾号 6621</p>"


@dataclass(frozen=True)
class Served(Animal):
    """A page without scripts: each key is a button that sends what was typed so far."""

    def answer(self, method: str, path: str, body: str) -> Answer:
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        if method != "POST" and path == "/p/7F3K":
            return self._keys("")
        if path != "/p/7F3K" or "ask" in sent:
            return super().answer(method, path, f"plate={sent.get('so', '')}")
        return self._keys(sent.get("so", "") + sent.get("key", ""))

    def _keys(self, typed: str) -> Answer:
        keys = "".join(f"<button name=key value={c}>{c}</button>" for c in (SIGNS if typed else PROVINCES))
        boxes = "".join(
            f"<kbd style='display:inline-block;width:30px;height:38px'>{c}</kbd>" for c in typed.ljust(8)
        )
        ask = "<p><button name=ask value=1>查看应付</button></p>" if len(typed) >= 7 else ""
        form = (
            f"<form method=post action='/p/7F3K'><p>请逐字点选车牌</p><p>{boxes}</p>"
            f"<input type=hidden name=so value='{typed}'>{ask}<div>{keys}</div></form>"
        )
        return Answer(self._page(self.before + form + self.foot), headers=dict(PROTECTED))


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "plates without a field",
        [
            Animal("", "一字一个列表项", form=LIST_FORM, script=LIST_SCRIPT),
            Animal("", "自称输入框的一行", form=BEGUN_FORM, script=BEGUN_SCRIPT.replace("BEGUN", "")),
            Animal(
                "",
                "方格里已有浙A",
                form=BEGUN_FORM.replace("role=textbox aria-label=车牌号", ""),
                script=BEGUN_SCRIPT.replace("BEGUN", "浙A"),
            ),
            Served("", "每个键都由服务器画"),
            Animal("", "一次只画几个键", form=TURNED_FORM, script=TURNED_SCRIPT),
            Animal("", "一字一个滚轮", form=WHEELS_FORM, script=WHEELS_SCRIPT),
            Animal("", "一字一个滚轮，用手指拖", form=WHEELS_FORM, script=DRAGGED_SCRIPT),
            Animal("", "文本框旁另画几个键", form=BESIDE_FIELD, script=BESIDE_FIELD_SCRIPT),
            Animal("", "画成 SVG 的键，系统对话框核对", form=DRAWN_FORM, script=DRAWN_SCRIPT),
            Animal("", "只有一条车牌，键画在画布上", form=STRIP),
        ],
    )


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "plates without a field, with faults",
        [
            Animal("", "列表项键盘，账单里有贷款", ("P12d",), form=LIST_FORM, script=LIST_SCRIPT, fee=FEE.replace("<form", "<div onclick=\"location.href='/loan'\">有车就能借，最高 20 万周转金，日息低至 0.02%</div><form", 1)),
            Served("", "服务器画的键，账单里有车主", ("P11b",), fee=FEE + OWNER),
            Animal("", "只有一条车牌，还要手机号", ("P3",), form=STRIP + PHONE),
        ],
    )  # fmt: skip
