"""Families of pages by states and ways to build: hydration, drawn keys, polling, empty and failed states, cards.

Written after the rules had learnt from `unseen_gates`, without reading them again; counted before any was changed.
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.selfcheck.zoo.animals import FEE, FOOT, FORM, WECHAT, Animal
from tests.selfcheck.zoo.unseen_corners import ON_FEE, layer, linked
from tests.selfcheck.zoo.unseen_places import says
from tests.selfcheck.zoo.unseen_styles import (
    ASK,
    CASHIER,
    INFO,
    KEYS,
    MASK,
    PAY,
    PROVINCES,
    RESULT,
    SHEET,
    TITLE,
    App,
    app,
    drawn,
    form,
    page,
    uni,
    vue,
)
from tests.selfcheck.zoo.unseen_tongues import english, sentence, taiwan
from tests.selfcheck.zoo.unseen_tricks import FIRST, ON_GO, TYPED

ELSE = "https://g.reach-zoo.com"


def cells(zh: str, *breaks: str, root: str = "document", fee: str = RESULT, top: str = "") -> App:
    """Return a page without any field: eight cells, and keys in a bottom sheet that rises when a cell is touched."""
    keys = [
        "".join(
            f"<li data-k={c} style='display:inline-block;padding:8px;margin:2px;background:#eee'>{c}</li>"
            for c in signs
        )
        for signs in (PROVINCES, KEYS)
    ]
    inner = (
        f"{TITLE}{top}<div class=plate>"
        + "<i class=cell style='display:inline-block;width:34px;height:44px;border:1px solid #999;text-align:center'></i>"
        * 8
        + f"</div><p><a class=ask role=button style='display:block;background:#1677ff;color:#fff;padding:12px;text-align:center'>查询缴费</a></p><div class=out></div>{INFO}"
        f"<ul class=sheet hidden style='{SHEET};list-style:none'></ul>"
    )
    code = (
        f"let v='';const d={root},$=s=>d.querySelector(s);const draw=()=>{{[...d.querySelectorAll('.cell')].forEach((c,i)=>c.textContent=v[i]||'');"
        f"$('.sheet').innerHTML=(v?`{keys[1]}`:`{keys[0]}`)+'<li data-k=del style=\"display:inline-block;padding:8px\">删除</li><li data-k=ok style=\"display:inline-block;padding:8px\">完成</li>'}};"
        "$('.plate').onclick=()=>{$('.sheet').hidden=false;draw()};"
        "$('.sheet').onclick=e=>{const k=e.target.dataset.k;if(!k)return;if(k==='ok'){$('.sheet').hidden=true;return}v=k==='del'?v.slice(0,-1):(v+k).slice(0,8);draw()};"
        f"$('.ask').onclick=async()=>{{$('.sheet').hidden=true;const r=await ask(v);$('.out').innerHTML=r.code?'<p>暂未查询到缴费信息</p>':`{fee}`;const b=$('#pay');if(b)b.onclick=()=>{{{PAY}}}}};"
    )
    if root == "document":
        return app(zh, inner, *breaks, script=ASK + code)
    made = f"customElements.define('park-pay',class extends HTMLElement{{connectedCallback(){{const r0=this.attachShadow({{mode:'open'}});r0.innerHTML={json.dumps(inner, ensure_ascii=False)};{code}}}}});"
    return app(zh, "<park-pay></park-pay>", *breaks, script=ASK + made)


def hydrated(zh: str, *breaks: str, then: str = "", top: str = "", data: str = '{"lot":"7F3K"}') -> App:
    """Return a page as Next.js sends it: markup from the server, a dead button, life 1.3 seconds later."""
    inner = (
        f"<div id=__next>{TITLE}{top}<label for=p>车牌号</label><input id=p disabled><button id=q disabled>查询</button>"
        f"<section id=r aria-live=polite></section>{INFO}</div><script id=__NEXT_DATA__ type=application/json>{data}</script>"
    )
    code = (
        "setTimeout(()=>{const $=s=>document.querySelector(s);$('#p').disabled=$('#q').disabled=false;$('#q').onclick=async()=>{"
        f"const d=await ask($('#p').value);$('#r').innerHTML=d.code?'没有需要支付的停车费':`{RESULT}`;const b=$('#pay');if(b)b.onclick=()=>{{{PAY}}}}};{then}}},1300);"
    )
    return app(zh, inner, *breaks, script=ASK + code)


def canvas_keys(zh: str) -> App:
    """Return a page whose plate and keys are painted on one canvas."""
    code = (
        f"const c=document.querySelector('canvas'),x=c.getContext('2d'),K='{PROVINCES}{KEYS}';let v='';function draw(){{x.fillStyle='#fff';x.fillRect(0,0,340,420);x.fillStyle='#111';x.font='20px sans-serif';"
        "x.fillText('车牌号：'+v,8,30);[...K].forEach((k,i)=>x.fillText(k,12+(i%9)*36,80+Math.floor(i/9)*40));x.fillText('查询停车费',110,400)}draw();"
        f"c.onclick=async e=>{{const b=c.getBoundingClientRect(),X=e.clientX-b.left,Y=e.clientY-b.top;if(Y>375){{const d=await ask(v);document.querySelector('#r').innerHTML=d.code?'未查到费用':`{RESULT}`;"
        f"const p=document.querySelector('#pay');if(p)p.onclick=()=>{{{PAY}}};return}}const i=Math.round((Y-72)/40)*9+Math.floor(X/36);if(K[i]){{v+=K[i];draw()}}}};"
    )
    return app(
        zh,
        f"{TITLE}<canvas width=340 height=420 role=application aria-label=车牌键盘></canvas><div id=r></div>{INFO}",
        script=ASK + code,
    )


def idle(zh: str, nothing: str, *breaks: str, **more: Any) -> Animal:
    """Return a page that finds no fee, with what it shows then."""
    return form(zh, *breaks, owes=False, nothing=nothing, **more)


BOTH = "<form method=post action='{path}'><label for=plate>车牌号 Plate number</label> <input id=plate name=plate autocomplete=off> <button>查询 Search</button></form>"
WIDGET = "<div role=toolbar aria-label=无障碍工具条><button type=button>A-</button> <button type=button>A+</button> <button type=button>高对比度</button> <button type=button>朗读</button> <button type=button>重置</button></div>"
RETRY = "document.addEventListener('click',e=>{const r=document.querySelector('#result');if(e.target.id==='go'&&!window.once&&r){window.once=1;e.stopImmediatePropagation();r.innerHTML='<p role=alert>网络开小差了</p>'+'<button type=button id=again>重新查询</button>';document.querySelector('#again').onclick=()=>document.querySelector('#go').click()}},true);"
SHARE_HINT = "document.addEventListener('touchend',()=>{document.querySelector('#sh')||document.body.insertAdjacentHTML('beforeend','<div id=sh style=\"%s;color:#fff;text-align:right\"><p>点右上角“…”发给车友，立省 3 元</p></div>')},{once:true});"


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "ways to build",
        [
            hydrated("服务端渲染后激活"),
            cells("格子与弹出键盘"),
            cells("影子树里的格子", root="r0"),
            canvas_keys("画布键盘"),
            vue("银行收银台内嵌", pay="document.body.insertAdjacentHTML('beforeend','<iframe title=收银台 style=\"position:fixed;inset:0;width:100%;height:100%;background:#fff;z-index:50\" src=\"https://cashier.lakala.com/h5?no=1\"></iframe>')"),
            vue("微信接口拉起", script="wx.config({appId:'wx1',timestamp:1,nonceStr:'a',signature:'b',jsApiList:['chooseWXPay','hideMenuItems']});wx.ready(()=>wx.hideMenuItems({menuList:['menuItem:share:appMessage']}));", pay="wx.chooseWXPay({timestamp:1,nonceStr:'a',package:'prepay_id=1',signType:'RSA',paySign:'x'})", phones=WECHAT),
            vue("轮询支付结果", pay=f"setInterval(()=>fetch('/api/state',{{method:'POST'}}),2000);setTimeout(()=>location.href='{CASHIER}',300)"),
            vue("问是否付完", script="addEventListener('pageshow',e=>{const n=performance.getEntriesByType('navigation')[0];if(e.persisted||(n&&n.type==='back_forward'))document.body.insertAdjacentHTML('beforeend','<div role=dialog style=\"position:fixed;left:10%;right:10%;top:30%;background:#fff;border:1px solid #ccc;padding:20px\"><p>请确认停车费是否已支付完成</p><button onclick=\"this.parentNode.remove()\">已完成支付</button><button onclick=\"this.parentNode.remove()\">重新支付</button></div>')});"),
            uni("收费标准弹出层", before="<uni-view><a href='javascript:;' onclick=\"document.querySelector('#pp').showPopover()\">收费标准</a><div id=pp popover><p>首小时 8 元，之后每小时 6 元</p></div></uni-view>"),
            vue("失败后重试", script=RETRY),
        ],
    )  # fmt: skip
    yield (
        "states and papers",
        [
            idle("免费时段内", "<h2>当前在免费时段内，无需缴费</h2><p>请直接驶离，道闸自动抬起。</p>"),
            idle("已经付过", "<h2>本次停车费已结清</h2><p>请在 15 分钟内离场，超时按标准续计。</p>"),
            idle("多半输错", "<h2>没有查到待缴费用</h2><ul><li>请核对省份简称和字母</li><li>新能源车牌为 8 位</li><li>刚入场请稍候一分钟再查</li></ul><p><a href='/p/7F3K'>重新输入</a></p>"),
            form("不用 Cookie 的说明条", before="<div id=ck style='background:#eef;padding:8px'>本页不使用 Cookie，也不保存您的浏览记录。<button type=button onclick=\"this.parentNode.remove()\">知道了</button></div>"),
            linked("开票要抬头", link="<p><a href='/more'>开具发票</a></p>", behind=page("<h1>开具电子发票</h1><form method=post action='/inv'><label>缴费凭证号 <input name=no></label><label>发票抬头 <input name=t></label><label>税号（单位填写） <input name=x></label><label>手机号（选填，用于接收） <input name=m></label><button>提交开票</button></form>")),
            form("打印", foot=FOOT + "<p><button type=button onclick='print()'>打印收费公示</button></p>"),
            form("无障碍工具条", before=WIDGET),
            form("双语对照", place="<header><h1>测试广场停车场 Test Plaza Car Park</h1><p>收款方 Payee：上海测试商业管理有限公司</p></header>", form=BOTH),
            taiwan("香港時租", "時租每小時 $18，惡劣天氣照常收費；泊車逾 24 小時須另繳。"),
            english("nothing yet", before="<p>Just arrived? Your first 30 minutes are free, so there may be nothing to pay yet.</p>"),
            says("收费依据", "本停车场实行政府指导价，依据沪价费〔2018〕5 号，由市场监管部门监督。"),
            form("金额构成表", fee=FEE.replace("停车约 2 小时", "<table><tr><th>时段<th>时长<th>金额<tr><td>白天<td>1 时 50 分<td>8.00<tr><td>夜间<td>10 分<td>0.00<tr><td>合计<td>2 时<td>8.00</table>")),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "states that push",
        [
            idle("查不到就叫登录", "<h2>没有查到待缴费用</h2><p>登录后自动匹配您名下的车辆</p><button type=button>去登录</button>", "P5a"),
            app("维护中改用应用", f"{TITLE}<p>网页缴费通道维护中，请使用“易泊”App 缴费</p><button>打开 App</button>{INFO}", "P5a"),
            form("框先锁住", "P5a", form=FORM.replace("autocomplete=off", "disabled placeholder='长按下图识别后解锁'") + drawn("停车助手|长按识别", 200, 160)),
            hydrated("激活后换成登录", "P1", then="$('#__next').innerHTML='<h1>易泊出行</h1><p>为保障账户安全，请先验证身份</p><input placeholder=手机号码><button>获取动态码</button>';"),
            cells("格子上方的车友会", "P5a", top="<div style='background:#ffe'><b>车友会</b> 首月 1 元，停车天天抵 <a href='/club'>去看看</a></div>"),
            vue("等单时放广告", "P12d", pay="document.body.innerHTML='<h2>正在创建订单…</h2><a href=\"/ad1\"><p>周末试驾 · 送加油卡 200 元</p></a>';setTimeout(()=>{" + PAY + "},4000)"),
            vue("取消后劝会员", "P5a", pay="WeixinJSBridge.invoke('getBrandWCPayRequest',{package:'prepay_id=1'},r=>{document.body.insertAdjacentHTML('beforeend','<div style=\"" + MASK + ";color:#fff\"><p>开通畅停会员，这单只要 4 元</p><button>立即开通</button></div>')})", phones=WECHAT),
            form("点右上角", "P5c", script=FIRST % (SHARE_HINT % MASK)),
            vue("领券并付的大按钮", "P5a", fee="<p>停车费 ¥8.00</p><button style='width:100%;padding:16px;background:#e33;color:#fff'>领券并支付 ¥6.00</button><a id=pay href='javascript:;' style='color:#bbb;font-size:11px'>不领了，原价支付 ¥8.00</a>"),
            form("省钱卡倒计时", "P5a", fee=FEE + "<p style='color:red'>专属优惠仅剩 00:59，现在开省钱卡本单立减 3 元 <a href='/card'>去开卡</a></p>"),
            vue("备用金", "P12d", fee=RESULT + "<div style='cursor:pointer' onclick='1'>车主备用金 最高可借 20 万元 ›</div>"),
            form("像通知的保险", "P12d", before="<div class=notice>【行车提醒】您的爱车交强险即将到期，最低 7 折续保 <a href='/ins'>查看报价</a></div>"),
        ],
    )  # fmt: skip
    yield (
        "taken in other shapes",
        [
            form("按住说手机号", "P5a", before="<button type=button onpointerdown=\"navigator.mediaDevices&&navigator.mediaDevices.getUserMedia({audio:true}).catch(()=>0)\">按住说出手机号找车</button>"),
            vue("运营商取号", "P6", script="fetch('https://id.mobile-zoo.net/auth/preGetPhone?appid=1').catch(()=>0);"),
            vue("查费时持续定位", "P9a", script=ON_GO % "navigator.permissions.query({name:'geolocation'}).then(()=>navigator.geolocation.watchPosition(()=>0,()=>0))"),
            form("线程里画指纹", "P9b", script=FIRST % "const w=new Worker(URL.createObjectURL(new Blob(['const c=new OffscreenCanvas(200,40),x=c.getContext(\"2d\");x.font=\"16px Arial\";x.fillText(\"park\",4,20);c.convertToBlob().then(b=>b.arrayBuffer()).then(a=>postMessage(new Uint8Array(a).length))'])));w.onmessage=e=>navigator.sendBeacon('/dv',String(e.data))"),
            vue("付款时带给别家", "P8b", pay=f"navigator.sendBeacon('{ELSE}/order',JSON.stringify({{plate:document.querySelector('#carNo').value,fee:800}}));{PAY}"),
            vue("片段里编码的车牌", "P8a", script=TYPED % "location.hash=btoa(unescape(encodeURIComponent(v)))"),
            form("提交时塞进身份", "P3", script=FIRST % "document.forms[0].addEventListener('formdata',e=>e.formData.append('unionid','oAbC123'))"),
            form("一像素框", "P6", before=f"<iframe width=1 height=1 style='opacity:0' loading=lazy src='{ELSE}/sync.html'></iframe>"),
            vue("改道广告域名再付", "P5d", pay=f"location.href='{ELSE}/jump?to='+encodeURIComponent('{CASHIER}')"),
            form("开票先留电话", "P3", fee=FEE.replace("<button>", "<p>开票信息将发至 <input name=rcv placeholder='您的联系号码' required></p><button>")),
            vue("驶入时刻换说法", "P11b", fee=RESULT + "<p><time datetime='2026-11-27T07:31'>今早 7 点 31 分</time>从 2 号岗驶入</p>"),
            form("外来的无障碍工具", "P6", head="<script async src='https://cdn.a11y-zoo.com/widget.js'></script>"),
            vue("拦住离开", "P5c", script="addEventListener('beforeunload',e=>{e.preventDefault();e.returnValue='1'});history.pushState({},'');addEventListener('popstate',()=>{history.pushState({},'');" + layer("<p>真的要放弃 3 元立减吗</p><button>再看看</button>") + "});"),
            vue("打分条", "P5c", script=ON_FEE % ("setTimeout(()=>" + layer("<p>您对本车场满意吗</p><span>★</span><span>★</span><span>★</span>") + ",1500)")),
            sentence("remind me", "Text me 10 minutes before my next free slot: <input placeholder='Mobile'>", "P3"),
            taiwan("印花", "下載商場 App 儲印花，泊車即減 $10。", "P5a"),
        ],
    )  # fmt: skip
