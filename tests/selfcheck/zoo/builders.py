"""More whole sites as vendors write them: other frameworks, markup, words and interfaces than `vendors`."""

from typing import Any

from tests.selfcheck.zoo.vendors import HEAD, TO_PAY, Site, built

WEBFORMS = (
    HEAD
    + """<title>停车费自助缴纳</title><style>body{font:14px/1.8 "Microsoft YaHei",sans-serif;margin:0;background:#fff}.wrap{padding:10px 14px}.tit{background:#0b6e4f;color:#fff;padding:10px 14px}
input[type=text]{border:1px solid #888;height:34px;font-size:16px;width:160px}a.lnk{display:inline-block;background:#0b6e4f;color:#fff;padding:8px 22px;text-decoration:none;border-radius:3px}</style>@head@</head><body>
<form method=post action='/ParkFee.aspx' id=aspnetForm><input type=hidden name=__EVENTTARGET id=__EVENTTARGET value=''><input type=hidden name=__VIEWSTATE value='/wEPDwULLTE2MTY2ODcyMjkPZBYCZg9kFgICAw9kFgICAQ8PFgIeBFRleHQFBua1i+ivlWRkZA=='>
<input type=hidden name=__EVENTVALIDATION value='/wEWAwKPrM2TBgKG+Y3aAwLs0bLrBgKM54rGBg=='><div class=tit>@name@</div><div class=wrap>@top@<p>车牌号码：<input type=text name='ctl00$txtCph' id=ctl00_txtCph maxlength=8></p>@above@
<p><a class=lnk id=ctl00_btnQuery href="javascript:__doPostBack('ctl00$btnQuery','')">@button@</a></p></div></form><div class=wrap>@mid@
<p style='color:#555'>收费项目：机动车停放服务费；标准：4 元/小时，20 元封顶。收费单位：江北区城投停车管理中心。电话：023-6700 0000。<a href='/privacy'>个人信息保护说明</a></p></div>
<script>function __doPostBack(t,a){var f=document.forms[0];f.__EVENTTARGET.value=t;@ask@;f.submit()}@script@</script></body></html>"""
)
WEBFORMS_FEE = "<p>您的停车时长：1 小时 35 分钟</p><p>应收金额：<b style='color:#c00'>8.00</b> 元</p><form method=post action='/pay'><input type=hidden name=__VIEWSTATE value='/wEPDwUKMTU5MTA2ODYwOWRk'><input type=submit value='缴 费'></form>"


def webforms(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return an ASP.NET page: its state in hidden fields, links that post it back."""
    slots = {"head": "", "name": "江北体育馆停车场", "top": "", "above": "", "button": "查询", "mid": "", "ask": "", "script": ""}  # fmt: skip
    frame = (
        HEAD
        + "<title>缴费</title></head><body style='font:15px sans-serif;padding:14px'>%s<script>%s</script></body></html>"
    )
    more = {
        "due": frame % (parts.pop("fee", WEBFORMS_FEE), parts.pop("late", "")),
        "none": frame % ("<p>未检索到该车的待缴信息。</p>", ""),
    }
    return built(zh, breaks, WEBFORMS, slots, more | parts)


VANT = (
    HEAD
    + """<title>车场缴费</title><style>body{margin:0;background:#f7f8fa;font:14px/1.6 -apple-system,sans-serif;color:#323233}.van-nav-bar{background:#fff;text-align:center;padding:12px;font-size:16px}
.van-cell{display:flex;justify-content:space-between;background:#fff;padding:14px 16px;margin-top:10px}.van-button{display:block;text-align:center;background:#1989fa;color:#fff;padding:11px;margin:14px 16px;border-radius:4px}
.van-overlay{position:fixed;inset:0;background:#000b;z-index:2000}.van-popup{position:fixed;left:0;right:0;bottom:0;background:#fff;z-index:2001;border-radius:16px 16px 0 0;padding:16px}.van-key{display:inline-block;width:8.6%;margin:.5%;text-align:center;background:#eee;line-height:40px;border-radius:4px}
.hint{color:#646566;font-size:12px;padding:0 16px 20px}</style>@head@</head><body><div id=app data-v-7ba5bd90><div class=van-nav-bar>@name@</div>@top@<div class=van-cell id=cell><span>车牌</span><span id=val style='color:#969799'>点击输入</span></div>@above@
<div class=van-button id=q>@button@</div>@mid@<div class=hint>停车收费 3 元/半小时，24 小时最高 30 元<br>收款单位 禾木停车运营（苏州）有限公司<br>服务热线 0512-6200 0000 <a href='/privacy'>隐私政策</a></div></div><div id=pop></div>
<script>var plate='',$=function(i){return document.getElementById(i)};
function keys(){var c=plate?'0123456789QWERTYUPASDFGHJKLZXCVBNM':'京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新';$('pop').innerHTML='<div class=van-popup id=kb>'+c.split('').map(function(k){return '<i class=van-key>'+k+'</i>'}).join('')+'<i class=van-key data-x=del>⌫</i><i class=van-key data-x=ok style="width:18%">完成</i></div>'}
$('cell').onclick=keys;$('pop').onclick=function(e){var k=e.target;if(k.className!=='van-key')return;if(k.dataset.x==='del')plate=plate.slice(0,-1);else if(k.dataset.x==='ok'){$('pop').innerHTML='';return}else if(plate.length<8)plate+=k.textContent;$('val').textContent=plate||'点击输入';@key@;keys()};
$('q').onclick=function(){if(plate.length<7)return;@ask@;fetch('/gw/fee/calc',{method:'POST',headers:{'Content-Type':'application/json'},body:JSON.stringify({vehicleNo:plate})}).then(function(r){return r.json()}).then(function(d){if(!d.fee){$('pop').innerHTML='<div class=van-popup><p>没有需要支付的订单</p><div class=van-button onclick="this.parentNode.remove()">知道了</div></div>';return}
$('pop').onclick=null;$('pop').innerHTML=`<div class=van-overlay></div><div class=van-popup id=sheet>@fee@</div>`;$('pay').onclick=function(){@pay@};@due@})};@script@</script></body></html>"""
)
VANT_FEE = "<p style='text-align:center'>停车费用</p><p style='text-align:center;font-size:30px'>¥8.00</p><p>计费时长 1h42min</p><div class=van-button id=pay>立即支付</div>"


def vant(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page with a keyboard and the fee in sheets that rise from below."""
    slots = {"head": "", "name": "禾木里地下车库", "top": "", "above": "", "button": "查询费用", "mid": "", "key": "", "ask": "", "fee": VANT_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, VANT, slots, parts)


REACT = (
    HEAD
    + """<title>Park &amp; Pay 停车</title><style>.css-k008qs{max-width:460px;margin:0 auto;padding:24px;font:16px/1.5 system-ui}.css-1l7x2f{width:100%;box-sizing:border-box;border:1px solid #d0d5dd;border-radius:10px;padding:14px;font-size:20px;letter-spacing:2px}
.css-9n2m1z{cursor:pointer;user-select:none;background:#344054;color:#fff;border-radius:10px;text-align:center;padding:14px;margin-top:16px}.css-0d1f7a{color:#475467;font-size:13px;margin-top:28px}</style>@head@</head><body><div id=root></div><script>
const st={n:'',bill:null};const root=document.getElementById('root');const foot=`<div class=css-0d1f7a>@foot@</div>`;
const views={'':()=>`<div class=css-k008qs><h1 style='font-size:20px'>@name@</h1>@top@<input class=css-1l7x2f aria-label='车牌号' placeholder='车牌号' value='${st.n}'>@above@<div class=css-9n2m1z role=button tabindex=0 data-act=ask>@button@</div>@mid@${foot}</div>`,
'#/bill':()=>`<div class=css-k008qs>@fee@${foot}</div>`,'#/empty':()=>`<div class=css-k008qs><p>这辆车现在没有要付的停车费。</p><div class=css-9n2m1z role=button tabindex=0 data-act=home>重新输入</div>${foot}</div>`};
const draw=()=>{root.innerHTML=(views[location.hash]||views[''])();const v=location.hash;@shown@};addEventListener('hashchange',draw);
root.addEventListener('input',e=>{if(e.target.matches('.css-1l7x2f')){st.n=e.target.value.toUpperCase();@typed@}});
root.addEventListener('click',async e=>{const b=e.target.closest('[data-act]');if(!b)return;const a=b.dataset.act;if(a==='home')location.hash='';if(a==='pay'){@pay@}
if(a==='ask'){if(st.n.length<7)return;@ask@;const r=await fetch('/graphql',{method:'POST',headers:{'content-type':'application/json'},body:JSON.stringify({query:'query($p:String!){bill(plate:$p){fee}}',variables:{p:st.n}})});const d=await r.json();st.bill=d;location.hash=d.fee?'#/bill':'#/empty'}});
setTimeout(draw,@delay@);@script@</script></body></html>"""
)
REACT_FEE = "<p>本次停车</p><p style='font-size:34px;margin:0'>8.00 元</p><p>1 小时 49 分钟</p><div class=css-9n2m1z role=button tabindex=0 data-act=pay>付 8.00 元</div>"
REACT_FOOT = "每小时 5 元，不足一小时按一小时计 · 收款方 长桥文化产业发展有限公司 · 电话 025-8700 0000 · <a href='/privacy'>隐私告知书</a>"


def react(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page of views behind the hash, asked by GraphQL, with buttons that are no buttons."""
    slots = {"head": "", "name": "长桥艺术街区停车", "top": "", "above": "", "button": "查看费用", "mid": "", "foot": REACT_FOOT, "typed": "", "ask": "", "fee": REACT_FEE, "pay": TO_PAY, "shown": "", "delay": "400", "script": ""}  # fmt: skip
    return built(zh, breaks, REACT, slots, parts)


IONIC = (
    HEAD
    + """<title>泊车</title><style>body{margin:0;font:16px/1.5 Roboto,sans-serif}ion-header{display:block;background:#3880ff;color:#fff;padding:14px 16px;font-size:18px}ion-content,ion-item,ion-label,ion-list{display:block}ion-content{padding:16px}ion-button{display:block;background:#3880ff;color:#fff;text-align:center;border-radius:6px;padding:12px;margin-top:14px}
ion-note{display:block;color:#666;font-size:13px;margin-top:24px}</style>@head@</head><body><ion-app><ion-header>@name@</ion-header><ion-content>@top@<ion-item><ion-label>车牌</ion-label><ion-input id=ii></ion-input></ion-item>@above@<ion-button id=go tabindex=0>@button@</ion-button><ion-list id=li aria-live=polite></ion-list>@mid@
<ion-note>计时收费，10 元首小时，后续 5 元/小时。商户全称：港湾国际会展中心有限公司。客服 0532-8500 0000。<a href='/privacy'>隐私声明</a></ion-note></ion-content></ion-app>
<script>customElements.define('ion-input',class extends HTMLElement{connectedCallback(){const r=this.attachShadow({mode:'open'});r.innerHTML="<style>input{font:inherit;width:100%;padding:10px 0;border:0;border-bottom:1px solid #ccc;outline:0}</style><input aria-label='车牌' placeholder='例 鲁B12345' autocapitalize=characters>";r.querySelector('input').oninput=e=>{this.v=e.target.value;const v=this.v;@typed@}}});
const el=i=>document.getElementById(i);el('go').onclick=async()=>{const v=el('ii').v||'';if(v.length<7)return;@ask@;const b=new FormData();b.append('plate',v);const d=await(await fetch('/rest/park/v3/charge',{method:'POST',body:b})).json();
if(!d.fee){el('li').innerHTML='<ion-item>未产生费用，可直接出场</ion-item>';return}el('li').innerHTML=`@fee@`;el('pay').onclick=()=>{@pay@};@due@};@script@</script></body></html>"""
)
IONIC_FEE = "<ion-item>停放 1 小时 20 分</ion-item><ion-item style='font-size:26px'>¥ 8.00</ion-item><ion-button id=pay tabindex=0>确认并支付</ion-button>"


def ionic(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page as Ionic builds it: the field in a shadow root, a multipart interface."""
    slots = {"head": "", "name": "港湾会展中心 P2", "top": "", "above": "", "button": "计算费用", "mid": "", "typed": "", "ask": "", "fee": IONIC_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, IONIC, slots, parts)


LIT = (
    HEAD
    + """<title>停车自助</title><style>body{margin:0;padding:16px;font:17px/1.6 sans-serif;background:#fffdf7}</style>@head@</head><body>@top@<lot-page><span slot=name>@name@</span><div slot=foot>@foot@</div></lot-page>@mid@<script>
customElements.define('lot-key',class extends HTMLElement{connectedCallback(){const r=this.attachShadow({mode:'closed'});r.innerHTML=`<button style='font:inherit;width:100%;padding:12px;border:0;background:#7a4b00;color:#fff;border-radius:8px'><slot></slot></button>`}});
customElements.define('lot-plate',class extends HTMLElement{connectedCallback(){const r=this.attachShadow({mode:'@mode@'});r.innerHTML=`<label>车牌 <input style='font:inherit;padding:8px;width:9em' maxlength=9></label>`;r.querySelector('input').oninput=e=>{this.value=e.target.value;const v=this.value;@typed@}}});
customElements.define('lot-page',class extends HTMLElement{connectedCallback(){const r=this.attachShadow({mode:'@mode@'});r.innerHTML=`<h2><slot name=name></slot></h2><section><lot-plate></lot-plate>@above@<p><lot-key id=q>@button@</lot-key></p></section><section id=o></section><slot name=foot></slot>`;const $=s=>r.querySelector(s);
$('#q').onclick=async()=>{const v=$('lot-plate').value||'';if(v.length<7)return;@ask@;const d=await(await fetch('/c/q',{method:'POST',body:new URLSearchParams({hphm:v})})).json();if(!d.fee){$('#o').innerHTML='<p>查无欠费。</p>';return}$('#o').innerHTML=`@fee@`;$('#pay').onclick=()=>{@pay@};@due@}}});@script@</script></body></html>"""
)
LIT_FEE = "<p>应交停车费 <strong>8.00</strong> 元</p><lot-key id=pay>微信付款</lot-key>"
LIT_FOOT = "<small>收费公示：首小时内 4 元，每增加一小时加收 4 元。收款人：绿洲花园业主大会（委托 申和物业代收）。电话：021-6200 0000。<a href='/privacy'>隐私条款</a></small>"


def lit(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page of nested web components with slots, closed ones too."""
    slots = {"head": "", "name": "绿洲花园访客停车", "top": "", "mode": "open", "above": "", "button": "查费用", "mid": "", "foot": LIT_FOOT, "typed": "", "ask": "", "fee": LIT_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, LIT, slots, parts)


TAIWAN = (
    HEAD.replace("zh-CN", "zh-TW")
    + """<title>停車費查詢繳納</title><style>body{font:17px/1.7 "Noto Sans TC",sans-serif;max-width:36em;margin:0 auto;padding:14px;color:#222}input,button{font:inherit;padding:8px 14px}table{border-collapse:collapse}td{border:1px solid #bbb;padding:4px 10px}</style>@head@</head><body>@top@<h1>@name@</h1>
<form method=post action='/p/7F3K'><label>車號 <input name=carno autocomplete=off required></label>@above@ <button>@button@</button></form>@mid@
<table><tr><td>平日<td>每小時 20 元<tr><td>假日<td>每小時 30 元</table><p>收費單位：和平交通事業股份有限公司</p><p>服務專線：0800-000-000</p><p><a href='/privacy'>個人資料蒐集告知事項</a></p>@foot@<script>@script@</script></body></html>"""
)
TAIWAN_FEE = "<h2>停車費用明細</h2><p>停放 2 小時，合計 <b>8.00</b> 元</p><form method=post action='/pay'><button>前往付款</button></form>"
TAIWAN_NOTICE = "<h1>個人資料蒐集告知事項</h1><p>車號僅用於查詢本次停車費，離場後 24 小時刪除，不提供任何第三方。</p><p>聯絡方式：0800-000-000</p>"


def taiwan(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page of forms in traditional characters."""
    slots = {"head": "", "top": "", "name": "和平停車場", "above": "", "button": "查詢", "mid": "", "foot": "", "script": ""}  # fmt: skip
    frame = (
        HEAD.replace("zh-CN", "zh-TW")
        + "<title>停車費</title></head><body>%s<script>%s</script></body></html>"
    )
    more = {
        "due": frame % (parts.pop("fee", TAIWAN_FEE), parts.pop("late", "")),
        "none": frame % ("<h2>查無待繳資料</h2><p>請確認車號，或按對講機。</p>", ""),
        "notice": TAIWAN_NOTICE,
    }
    return built(zh, breaks, TAIWAN, slots, more | parts)


CANVAS = (
    HEAD
    + """<title>扫码缴停车费</title><style>body{margin:0;font:16px/1.6 sans-serif;background:#101418;color:#eee}.c{padding:18px}#wrap{position:relative;width:300px;height:64px}#wrap canvas{position:absolute;inset:0;pointer-events:none}#wrap input{width:300px;height:64px;background:transparent;border:0;color:transparent;caret-color:transparent;font-size:24px;text-transform:uppercase}
button{font:inherit;background:#ffb300;border:0;padding:12px 30px;border-radius:24px}a{color:#9cf}</style>@head@</head><body><div class=c>@top@<h2>@name@</h2><div id=wrap><input id=pl aria-label=车牌号 maxlength=8 autocomplete=off><canvas width=300 height=64 aria-hidden=true></canvas></div>@above@<p><button id=q>@button@</button></p><div id=r role=status></div>@mid@
<p style='color:#aaa;font-size:13px'>每辆次 8 元，当日有效。收款：雁栖湖旅游管理处。咨询 010-6900 0000。<a href='/privacy'>隐私说明</a></p></div><script>
const p=document.getElementById('pl'),g=document.querySelector('canvas').getContext('2d'),r=document.getElementById('r');const paint=()=>{g.clearRect(0,0,300,64);for(let i=0;i<8;i++){g.strokeStyle='#9cf';g.strokeRect(i*37+2,6,33,50);g.fillStyle='#fff';g.font='24px sans-serif';g.fillText(p.value[i]||'',i*37+8,40)}};
p.oninput=()=>{paint();const v=p.value;@typed@};paint();document.getElementById('q').onclick=async()=>{const v=p.value.toUpperCase();if(v.length<7)return;@ask@;r.textContent='正在查询…';const d=await(await fetch('/t/q.php',{method:'POST',body:'cp='+encodeURIComponent(v),headers:{'Content-Type':'application/x-www-form-urlencoded'}})).json();
if(!d.fee){r.textContent='该车辆无需付费';return}r.innerHTML=`@fee@`;document.getElementById('pay').onclick=()=>{@pay@};@due@};@script@</script></body></html>"""
)
CANVAS_FEE = "<p style='font-size:28px'>8 元</p><button id=pay>付款 8 元</button>"


def canvas(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page that paints the plate on a canvas, under a field that cannot be seen."""
    slots = {"head": "", "name": "雁栖湖东停车场", "top": "", "above": "", "button": "查看应付", "mid": "", "typed": "", "ask": "", "fee": CANVAS_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, CANVAS, slots, parts)


DIALOG = (
    HEAD
    + """<title>出场缴费</title><style>body{font:18px/1.7 sans-serif;margin:0;padding:16px}input{font:inherit;width:2.2em;text-align:center;padding:6px 0}input.l{width:6.5em}button{font:inherit;padding:8px 20px}dialog{border:1px solid #888;border-radius:10px;padding:22px;max-width:90%}</style>@head@</head><body>@top@<h1 style='font-size:22px'>@name@</h1>
<form id=f><fieldset><legend>请填写号牌</legend><input id=a aria-label=省份简称 maxlength=1> <input id=b aria-label=发牌机关 maxlength=1> · <input id=c class=l aria-label=序号 maxlength=6></fieldset>@above@<p><button>@button@</button></p></form>@mid@
<footer style='font-size:14px;color:#444'>停车服务费：小型车 2 元/20 分钟；大型车加倍。<br>收费主体：青禾医院后勤服务中心　电话：0571-8700 0000<br><a href='/privacy'>我们如何处理您的信息</a></footer><dialog id=d></dialog><script>
const $=i=>document.getElementById(i),d=$('d');$('f').onsubmit=async e=>{e.preventDefault();const v=$('a').value+$('b').value+$('c').value;if(v.length<7)return;@ask@;const x=await(await fetch('/fee',{method:'POST',body:new URLSearchParams({v})})).json();
d.innerHTML=x.fee?`@fee@<p><button type=button onclick="document.getElementById('d').close()">返回</button></p>`:`<p>没有待付的停车费。</p><button onclick="document.getElementById('d').close()">返回</button>`;d.showModal();if(!x.fee)return;$('pay').onclick=()=>{@pay@};@due@};@script@</script></body></html>"""
)
DIALOG_FEE = "<h2>8.00 元</h2><p>停了 1 小时 18 分钟</p><button id=pay>现在付款</button>"


def dialog(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page with the plate in three fields and the fee in a native dialog."""
    slots = {"head": "", "name": "青禾医院北区停车楼", "top": "", "above": "", "button": "查一查", "mid": "", "ask": "", "fee": DIALOG_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, DIALOG, slots, parts)


PORTAL_INNER = (
    HEAD
    + """<title>缴费</title><style>body{font:16px/1.6 sans-serif;padding:8px}input{font:inherit;padding:8px}input[type=button]{background:#c62828;color:#fff;border:0;padding:10px 26px}</style></head><body>@inside@<p>号牌号码 <input id=hm size=11></p>@above@<input type=button id=cx value='@button@'><div id=jg></div><script>
var g=function(i){return document.getElementById(i)};g('cx').onclick=function(){var v=g('hm').value;if(v.length<7)return;@ask@;fetch('/svc/parking!query.action',{method:'POST',body:new URLSearchParams({'car.no':v})}).then(function(r){return r.json()}).then(function(d){if(!d.fee){g('jg').innerHTML='<p>暂无应缴账单</p>';return}g('jg').innerHTML=`@fee@`;g('pay').onclick=function(){@pay@};@due@})};@script@</script></body></html>"""
)
PORTAL_FEE = "<p>账单金额 8.00 元</p><input type=button id=pay value='去缴费'>"


def portal(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a town's portal that embeds the counter in a frame of its own site."""
    slots = {"inside": "", "above": "", "button": "查账单", "ask": "", "fee": PORTAL_FEE, "pay": TO_PAY.replace("location", "top.location"), "due": "", "script": ""}  # fmt: skip
    inner = PORTAL_INNER
    for name, text in slots.items():
        inner = inner.replace(f"@{name}@", str(parts.pop(name, text)))
    outer = (
        HEAD
        + f"<title>泉城停车</title>{parts.pop('head', '')}</head><body style='margin:0;font:15px sans-serif'><div style='background:#c62828;color:#fff;padding:12px'>泉城停车 · 路内泊位缴费</div>{parts.pop('outside', '')}"
        "<iframe title=缴费 src='/inner' style='border:0;width:100%;height:380px'></iframe><p style='padding:0 10px'>路内停车 1.5 元/15 分钟，夜间免费。非税收入执收单位：泉城市停车服务中心。电话 12345。<a href='/privacy'>隐私保护</a></p>"
        f"<script>{parts.pop('outer', '')}</script></body></html>"
    )
    own_frames = {"Content-Security-Policy": "frame-ancestors 'self'"}
    routes = (("/inner", inner), *parts.pop("routes", ()))
    return Site("", zh, breaks, whole=outer, routes=routes, **{"headers": own_frames} | parts)
