"""Whole sites as vendors write them, each with markup, words and an interface of its own, and with slots to change."""

import re
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any
from urllib.parse import unquote_plus

from tests.selfcheck.zoo.animals import PROTECTED, Animal, Answer

CASHIER = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx27"
TO_PAY = f"location.href='{CASHIER}'"
HEAD = (
    "<!doctype html><html lang=zh-CN><head><meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'>"
    "<link rel=icon href='data:,'>"
)


@dataclass(frozen=True)
class Site(Animal):
    """A page whose interface, and each further address, answers as its vendor wrote it.

    `{random}` in a header is another value each time.
    """

    due: str = '{"fee":8}'
    none: str = '{"fee":0}'
    routes: tuple[tuple[str, str], ...] = ()

    def answer(self, method: str, path: str, body: str) -> Answer:
        reply = self._answer(method, path, body)
        return replace(
            reply, headers={k: v.replace("{random}", token_hex(8)) for k, v in reply.headers.items()}
        )

    def _answer(self, method: str, path: str, body: str) -> Answer:
        bare, _, query = path.partition("?")
        for place, text in self.routes:
            if bare == place:
                return self._send(text)
        asked = re.sub(r"&\w=", "", unquote_plus(body + query))  # a plate in parts as well
        if "Q7K319" in asked or "Q2M846" in asked:
            return self._send(self.due if "Q7K319" in asked else self.none)
        return super().answer(method, path, body)

    def _send(self, text: str) -> Answer:
        kind = "application/json" if text[:1] in "{[" else "text/html"
        return Answer(text, headers={**PROTECTED, "Content-Type": f"{kind}; charset=utf-8", **self.headers})


def filled(template: str, **parts: str) -> str:
    """Return the template with its slots (`@name@`) filled."""
    for name, text in parts.items():
        template = template.replace(f"@{name}@", text)
    return template


H5 = (
    HEAD
    + """<title>停车缴费</title><style>
body{margin:0;background:#f5f5f5;font:15px/1.6 sans-serif;color:#333}.hd{background:#1565c0;color:#fff;padding:18px 16px}
.card{background:#fff;margin:12px;padding:16px;border-radius:8px}.bx{display:flex;gap:6px}
.bx span{flex:1;height:42px;border:1px solid #ccc;border-radius:4px;text-align:center;line-height:42px}.bx .on{border-color:#1565c0}
.btn{display:block;width:100%;border:0;border-radius:22px;background:#1565c0;color:#fff;font-size:17px;padding:11px}
.kb{position:fixed;left:0;right:0;bottom:0;background:#d1d5db;padding:6px;display:none;z-index:50}
.kb b{display:inline-block;width:9%;margin:.4%;background:#fff;text-align:center;line-height:38px;border-radius:4px;font-weight:400}
.fine{color:#666;font-size:13px;padding:0 16px 60px}</style>@head@</head><body>
<div class=hd><div style='font-size:19px'>@name@</div><div>经营单位：江城停车服务有限公司</div></div>@top@
<div class=card><p>车牌号</p><div class=bx id=bx></div><p></p>@above@<button class=btn id=q>查询费用</button></div>
<div class=card id=out style='display:none'></div>@mid@
<div class=fine>收费标准：7:00-21:00 每小时 4 元，夜间每次 5 元。<br>监督电话 027-8888 0000 / 12345<br>
<a href='/privacy'>隐私政策</a>：车牌仅用于本次查费，离场次日删除。</div><div class=kb id=kb></div><script>
var v='',bx=document.getElementById('bx'),kb=document.getElementById('kb'),out=document.getElementById('out');
function draw(){bx.innerHTML='';for(var i=0;i<8;i++){var s=document.createElement('span');s.textContent=v[i]||'';if(i==v.length)s.className='on';bx.appendChild(s)}
kb.innerHTML=(v?'1234567890ABCDEFGHJKLMNPQRSTUVWXYZ':'京津沪冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼渝').split('').map(function(c){return '<b>'+c+'</b>'}).join('')+'<b data-d>删除</b><b data-o>完成</b>'}
bx.onclick=function(){kb.style.display='block'};
kb.onclick=function(e){var t=e.target;if(t.tagName!='B')return;if('d' in t.dataset)v=v.slice(0,-1);else if('o' in t.dataset)kb.style.display='none';else if(v.length<8)v+=t.textContent;draw();@key@};
draw();
document.getElementById('q').onclick=function(){if(v.length<7)return;@ask@;var x=new XMLHttpRequest();x.open('POST','/park/order/query');x.setRequestHeader('Content-Type','application/json');
x.onload=function(){var d=JSON.parse(x.responseText);kb.style.display='none';out.style.display='block';if(!d.fee){out.innerHTML='<p>没有查到待缴的停车费</p>';return}
out.innerHTML=`@fee@`;document.getElementById('pay').onclick=function(){@pay@};@due@};x.send(JSON.stringify({carNo:v}))};
@script@</script></body></html>"""
)
H5_FEE = "<p style='font-size:28px;text-align:center'>8.00 元</p><p>停车时长 1小时46分</p><button class=btn id=pay>去支付</button>"


def h5(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a WeChat H5 page: boxes for the plate, a keyboard of its own, everything on one page."""
    slots = {"head": "", "name": "江城里公共停车场", "top": "", "above": "", "mid": "", "key": "", "ask": "", "fee": H5_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, H5, slots, parts)


SERVER = (
    HEAD
    + """<title>@title@</title><style>body{font:17px/1.7 serif;max-width:560px;margin:0 auto;padding:16px;color:#222}
input,button,select{font:inherit;padding:8px}.box{border:1px solid #bbb;padding:12px}</style>@head@</head><body>@top@
<h1 style='font-size:22px'>@name@</h1><form method=post action='/p/7F3K' class=box><p><label>号牌号码<br><input name=cph required autocomplete=off size=12></label></p>@above@
<p><button>@button@</button></p></form>@mid@<hr><p>计费规则 每 30 分钟 3 元，首 15 分钟免费，单日最高 40 元</p>
<p>收款人 临江区城市停车管理中心</p><p>咨询投诉 0571-8600 0000</p><p><a href='/privacy'>个人信息处理规则</a></p>@foot@<script>@script@</script></body></html>"""
)
SERVER_FEE = "<h2>待缴费用</h2><p><b>8.00</b> 元（停放 1 小时 50 分）</p><form method=post action='/pay'><input type=hidden name=bill value=88c1><button>确认付款</button></form>"


def server(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page of plain forms, rendered by the server."""
    slots = {"title": "停车费查询", "head": "", "top": "", "name": "临江路停车场", "above": "", "button": "查费", "mid": "", "foot": "", "script": "", "fee": SERVER_FEE, "late": "", "none": "<h2>没有待缴记录</h2><p>该号牌当前没有费用，如有疑问请按对讲。</p>"}  # fmt: skip
    shown = slots | {k: v for k, v in parts.items() if k in slots}
    frame = filled(
        HEAD + "<title>@title@</title>@head@</head><body>@body@<script>@late@</script></body></html>",
        title=shown["title"],
        head=shown["head"],
        late=shown["late"],
    )
    more = {
        "due": frame.replace("@body@", shown["fee"] + shown["foot"]),
        "none": frame.replace("@body@", shown["none"]),
    }
    own = {k: v for k, v in parts.items() if k not in {"fee", "late", "none"}}
    return built(
        zh, breaks, SERVER, {k: v for k, v in slots.items() if k not in {"fee", "late", "none"}}, more | own
    )


SPA = (
    HEAD
    + """<title>Parking</title><style>*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui;background:#fafafa}
.p{max-width:480px;margin:0 auto;padding:20px}.i{width:100%;font-size:20px;padding:12px;border:2px solid #ddd;border-radius:12px}
.b{width:100%;margin-top:12px;padding:14px;border:0;border-radius:12px;background:#111;color:#fff;font-size:17px}</style>@head@</head>
<body><noscript>请开启脚本，或拨打 400-600-0000 由值班员协助缴费。</noscript><div id=root></div><script>
const h=(t,a,...k)=>{const e=document.createElement(t);for(const n in a||{})n.startsWith('on')?e.addEventListener(n.slice(2),a[n]):e.setAttribute(n,a[n]);e.append(...k.flat());return e};
const raw=s=>{const t=document.createElement('template');t.innerHTML=s;return t.content};const S={view:'enter',plate:''};
const V={enter:()=>[h('h2',{},'@name@'),raw(`@top@`),h('label',{for:'lp'},'@label@'),h('input',{id:'lp',class:'i',placeholder:'沪A·12345',oninput:e=>{S.plate=e.target.value.replace('·','').toUpperCase();@typed@}}),raw(`@above@`),
h('button',{class:'b',type:'button',onclick:ask},'@button@'),raw(`@mid@`)],
none:()=>[h('h2',{},'@none@'),h('button',{class:'b',onclick:()=>show('enter')},'返回')],
due:()=>[raw(`@fee@`),raw(`@beside@`)]};
function show(v){S.view=v;const r=document.querySelector('#root');r.replaceChildren(h('div',{class:'p'},...V[v](),raw(`@foot@`)));const b=document.querySelector('[data-pay]');if(b)b.onclick=()=>{@pay@};@shown@}
async function ask(){if(S.plate.length<7)return;@ask@;const r=await fetch('/v2/sessions/lookup',{method:'POST',body:JSON.stringify({lp:S.plate})});const d=await r.json();S.d=d;show(d.fee?'due':'none')}
setTimeout(()=>show('enter'),@delay@);@script@</script></body></html>"""
)
SPA_FEE = "<h2>¥8.00</h2><p>已停 1 小时 52 分</p><button class=b data-pay>支付 ¥8.00</button>"
SPA_FOOT = "<p style='color:#555;font-size:14px'>6 元/小时 · 收款方：云栖停车科技有限公司 · 400-600-0000 · <a href='/privacy'>隐私说明</a></p>"


def spa(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page that a script renders view by view, as React does."""
    slots = {"head": "", "name": "云栖中心停车场", "top": "", "label": "车牌号码", "typed": "", "above": "", "button": "下一步", "mid": "", "none": "未找到在场记录或无需缴费", "fee": SPA_FEE, "beside": "", "foot": SPA_FOOT, "pay": TO_PAY, "shown": "", "ask": "", "delay": "600", "script": ""}  # fmt: skip
    return built(zh, breaks, SPA, slots, parts)


TARO = (
    HEAD
    + """<title>停车</title><style>taro-view-core,taro-button-core,taro-text-core{display:block}taro-button-core{background:#07c160;color:#fff;text-align:center;padding:12px;border-radius:6px;margin:10px 0}
body{margin:0;padding:14px;font:16px/1.6 sans-serif}.weui-input{width:100%;font-size:18px;padding:10px;border:0;border-bottom:1px solid #999}</style>@head@</head><body>
<taro-view-core class=page><taro-text-core style='font-size:20px'>@name@</taro-text-core>@top@<taro-view-core><taro-text-core>请输入车牌</taro-text-core>
<taro-input-core><input class=weui-input id=ti placeholder='车牌号'></taro-input-core>@above@</taro-view-core><taro-button-core id=tq>查询</taro-button-core>
<taro-view-core id=to></taro-view-core>@mid@<taro-view-core style='font-size:13px;color:#666'>收费：5 元/时，封顶 50 元/天。收款：南湖物业服务有限公司。电话：0731-8200 0000。<a href='/privacy'>隐私保护指引</a></taro-view-core></taro-view-core>
<script>document.getElementById('tq').onclick=async()=>{@ask@;const r=await fetch('/mp/api/getParkFee',{method:'POST',headers:{'content-type':'application/json'},body:JSON.stringify({plateNumber:document.getElementById('ti').value})});
const d=await r.json();const o=document.getElementById('to');if(!d.fee){o.innerHTML='<taro-view-core>暂无停车订单</taro-view-core>';return}o.innerHTML=`@fee@`;document.getElementById('tp').onclick=()=>{@pay@};@due@};@script@</script></body></html>"""
)
TARO_FEE = "<taro-view-core>应付 ￥8.00</taro-view-core><taro-view-core>停车 2 小时内</taro-view-core><taro-button-core id=tp>支付</taro-button-core>"


def taro(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page as Taro builds it: elements of its own instead of buttons."""
    slots = {"head": "", "name": "南湖一号停车场", "top": "", "above": "", "mid": "", "ask": "", "fee": TARO_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, TARO, slots, parts)


PARTS = (
    HEAD
    + """<title>缴停车费</title><style>body{font:16px/1.6 sans-serif;padding:14px;max-width:34em;margin:0 auto}</style>@head@</head><body>@top@
<park-counter></park-counter>@mid@<p>价目 10 元/次（24 小时内）　收款方 星河商管有限公司　电话 0755-2600 0000　<a href='/privacy'>隐私</a></p><script>
customElements.define('park-counter',class extends HTMLElement{connectedCallback(){const r=this.attachShadow({mode:'@mode@'});r.innerHTML=`<style>button{font:inherit;padding:10px 24px}input{font:inherit;padding:8px}</style><h3>星河里停车缴费</h3>
<div id=f><input id=n aria-label=车牌号 placeholder=车牌号>@above@<button id=s>查询应缴</button></div><div id=o aria-live=polite></div>`;const $=i=>r.getElementById(i);
$('s').onclick=async()=>{const d=await(await fetch('/bff/bill',{method:'POST',body:new URLSearchParams({no:$('n').value})})).json();if(!d.fee){$('o').textContent='没有应缴费用';return}
$('f').hidden=true;$('o').innerHTML=`@fee@`;$('pay').onclick=()=>{@pay@};@due@}}});@script@</script></body></html>"""
)
PARTS_FEE = "<p>应缴 10.00 元</p><button id=pay>缴费 10.00 元</button>"


def parts_page(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page whose counter is a web component."""
    slots = {"head": "", "top": "", "mode": "open", "above": "", "mid": "", "fee": PARTS_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, PARTS, slots, parts)


def built(
    zh: str, breaks: tuple[str, ...], template: str, slots: dict[str, str], parts: dict[str, Any]
) -> Site:
    """Return a site of the template with the parts that are slots; the others are fields of the site."""
    slots = slots | {k: str(v) for k, v in parts.items() if k in slots}
    more = {k: v for k, v in parts.items() if k not in slots}
    return Site("", zh, breaks, whole=filled(template, **slots), **more)
