"""Families of what stands before, beside and behind the fee, and the honest pages that look like them."""

from collections.abc import Iterator
from dataclasses import replace

from tests.selfcheck.zoo.animals import FEE, FOOT, FORM, NOTICE, PIXEL, TO_CASHIER, Animal

NO_NOTICE = FOOT.replace("车牌只用于查询本次停车费，离场 24 小时后清除。<a href='/privacy'>隐私说明</a>", "")
QR = f"<img alt=二维码 width=200 height=200 src='{PIXEL}'>"
BY_SCRIPT = (
    "const f=document.forms[0];if(f&&f.plate)f.onsubmit=async e=>{e.preventDefault();const r=await "
    "fetch(f.getAttribute('action'),{method:'POST',body:new URLSearchParams(new FormData(f))});document.querySelector('main')"
    ".innerHTML=new DOMParser().parseFromString(await r.text(),'text/html').querySelector('main').innerHTML}"
)

FOLDED = (
    "<footer><p>收费标准 5 元/小时</p><p>服务电话 021-5555 0100，投诉 12345</p>"
    "<details><summary>隐私告知</summary><p>为算出本次停车费处理车牌，离场后保存七日。联系 021-5555 0100</p></details></footer>"
)
TRIES = (
    "const f=document.forms[0];if(f&&f.plate)f.onsubmit=async e=>{e.preventDefault();const m=f.parentNode,b=new URLSearchParams("
    "new FormData(f)),u=f.getAttribute('action');for(const n of [1,2,3]){m.innerHTML=`<p>正在向车库查询（第 ${n} 次）</p>`;"
    "await fetch('/slow',{method:'POST'});await new Promise(g=>setTimeout(g,700))}const r=await fetch(u,{method:'POST',body:b});"
    "m.innerHTML=new DOMParser().parseFromString(await r.text(),'text/html').querySelector('main').innerHTML}"
)
FAILS_ONCE = (
    "const f=document.forms[0];if(f&&f.plate)f.onsubmit=e=>{e.preventDefault();const m=f.parentNode,b=new URLSearchParams(new FormData(f)),"
    "u=f.getAttribute('action');let n=0;const ask=async()=>{if(!n++){await fetch('/slow',{method:'POST'});m.innerHTML='<p>网络不给力，没有查到结果</p>"
    "<button type=button>重试</button>';m.querySelector('button').onclick=ask;return}const r=await fetch(u,{method:'POST',body:b});"
    "m.innerHTML=new DOMParser().parseFromString(await r.text(),'text/html').querySelector('main').innerHTML};ask()}"
)
CONFIRMED = (
    "const f=document.forms[0];if(f&&f.plate){let sure=0;f.onsubmit=e=>{if(sure)return;e.preventDefault();const d=document.createElement('dialog');"
    "d.innerHTML='<p>请核对车牌</p><button type=button>正确，查询</button><button type=button>修改</button>';f.append(d);d.showModal();"
    "const [y,n]=d.querySelectorAll('button');n.onclick=()=>d.remove();y.onclick=()=>{sure=1;d.close();f.requestSubmit()}}}"
)
# What is seen is drawn, and can be pressed only through a layer that shows nothing.
LAYER = (
    "<h2>停车费 ¥8.00</h2><p>支付 ¥8.00</p><form method=post action='/pay'></form><div style='position:fixed;inset:0'>"
    "<div role=button tabindex=0 aria-label='支付 ¥8.00' style='position:absolute;inset:60px 0 auto;height:90px;cursor:pointer'></div>"
    "<div role=button tabindex=0 aria-label='换一个车牌' style='position:absolute;inset:160px 0 auto;height:40px;cursor:pointer'></div></div>"
)
PRESSED = "const p=document.querySelector('[role=button]');if(p)p.onclick=()=>document.forms[0].submit()"
PROFILED = NOTICE + "<p>车牌和到访时间还提供给商户，用于客群画像和活动推荐。</p>"
ASKS_TWICE = (
    "const f=document.forms[0];if(f&&f.plate)f.onsubmit=async e=>{if(f.dataset.whole)return;e.preventDefault();"
    "await fetch('/tail',{method:'POST',body:f.plate.value});f.dataset.whole=1;f.plate.value='';f.querySelector('label').textContent="
    "'完整车牌';f.insertAdjacentHTML('afterend','<p>有不止一辆车是这个尾号，请输入完整车牌。</p>')}"
)

SCROLLED_AD = (
    "<h2>支付成功</h2><div style='height:1400px'></div><p id=z>祝您平安</p><script>let n=0;addEventListener('scroll',()=>{if(n++)return;"
    "document.querySelector('#z').insertAdjacentHTML('afterend','<a href=/more>新车限时抢购，低至 8 折</a>')})</script>"
)
PAYS = "<form method=post action='/pay'><button>支付</button></form>"
# No fee without the place of the phone; with it, the plate goes to another site too.
ONLY_WHERE = (
    "const f=document.forms[0];if(f&&f.plate)f.onsubmit=e=>{e.preventDefault();navigator.geolocation.getCurrentPosition(()=>{"
    "new Image().src='https://px.otherads-zoo.cn/i.gif?c='+btoa(unescape(encodeURIComponent(f.plate.value)));"
    "setTimeout(()=>f.submit(),200)},()=>f.insertAdjacentHTML('afterend','<p>打开位置后再查</p>'))}"
)
ALLOWS = "<p>本页想了解您的偏好。</p><button type=button>接受</button>"
THEN_KEYS = (
    "const w=document.querySelector('#way');if(w)w.onclick=()=>{w.innerHTML=`FORM`;w.onclick=null;w.querySelector('[name=plate]')"
    ".oninput=e=>fetch('/seen',{method:'POST',body:e.target.value})}"
).replace("FORM", FORM.format(path="/p/7F3K"))

# A button leads from the fee back to the plate; what a second look-up shows is put in.
CORRECTED = (
    "const f=document.forms[0];if(f&&f.plate){const m=document.querySelector('main'),home=[...m.childNodes];let asked=0;f.onsubmit=async e=>{"
    "e.preventDefault();const r=await fetch(f.getAttribute('action'),{method:'POST',body:new URLSearchParams(new FormData(f))}),t=await r.text();"
    "const b=document.createElement('button');b.type='button';b.textContent='车牌输错了，重新查';b.onclick=()=>m.replaceChildren(...home);"
    "m.innerHTML=asked++&&'AGAIN'||new DOMParser().parseFromString(t,'text/html').querySelector('main').innerHTML;m.append(b)}}"
)
ASKS_PHONE = "<p>为防止恶意查询，请先验证</p><label>手机号 <input name=sj></label><button type=button>继续查询</button>"

OF_ELSEWHERE = (
    "const f=document.forms[0];if(f&&f.plate)f.onsubmit=e=>{if(f.plate.value.startsWith('沪'))return;e.preventDefault();"
    f"f.outerHTML=`{ASKS_PHONE}`}}"
)

# Panels beside one another, an answer with moments of its own, and what frameworks do when they start.
PANELS = (
    "<div style='position:fixed;top:0;left:0;right:0;height:56px;background:#036'></div><div style='position:absolute;top:60px;"
    "left:0;right:0;height:300px;background:#eef'><p>三层、四层正常开放，2 号坡道周三凌晨封闭。</p></div><div style='height:360px'></div>"
)
STARTS = (
    "history.pushState({page:1},'',location.href);addEventListener('popstate',()=>{});for(const t of ['touchstart','touchmove',"
    "'scroll','click','input'])addEventListener(t,()=>{},{passive:true});fetch('/lot',{method:'POST',body:'{\"code\":\"7F3K\"}'});"
    "const n=navigator;[n.platform,n.vendor,n.maxTouchPoints,n.languages,screen.orientation]"
)
OF_ITS_OWN = "<p>时长 1:58，下一计费点 14:32</p><p>车型：小型车</p><p>B1 层东侧出口最近</p>"
PROVINCES = "沪京津渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LIST_OF_PROVINCES = (
    "const p=document.querySelector('#plate'),d=document.querySelector('#list');if(p){p.onfocus=()=>{if(p.value)return;d.innerHTML=["
    f"...'{PROVINCES}'].map(c=>`<span style='display:inline-block;padding:9px'>${{c}}</span>`).join('');d.onclick=e=>{{if(e.target!==d)"
    "{p.value=e.target.textContent;d.innerHTML='';p.focus()}}}};p.oninput=()=>d.innerHTML=''}"
)

RADIOS = "".join(f"<label><input type=radio name=pv value={sign}>{sign}</label>" for sign in PROVINCES)
RADIO_FORM = (
    f"<form method=post action='{{path}}'><fieldset><legend>省份</legend>{RADIOS}</fieldset><label for=rest>车牌其余部分</label>"
    "<input id=rest maxlength=6 autocomplete=off><input type=hidden name=plate><button>查询停车费</button></form>"
)
JOINS = "const f=document.querySelector('form');if(f&&f.rest)f.onsubmit=()=>{f.plate.value=f.pv.value+f.rest.value}"


SHORT_FORM = (
    "<form method=post action='{path}'><select name=pv aria-label=省份><option>苏OPTIONS</select> <input name=zm size=1 maxlength=1 "
    "aria-label=字母> <input id=rest size=6 maxlength=6 aria-label=后五位><input type=hidden name=plate><button>查询停车费</button></form>"
).replace("OPTIONS", "".join(f"<option>{sign}" for sign in PROVINCES))
JOINS_ALL = JOINS.replace("f.pv.value+", "f.pv.value+f.zm.value+")
# Two tabs whose only sign is that they listen, and a fee that listens for the button inside it.
TABS = "<div id=tabs style='display:flex'><div style='flex:1;padding:20px'>有牌车</div><div style='flex:1;padding:20px'>无牌车</div></div>"
TABBED = (
    "document.addEventListener('click',()=>{});const t=document.querySelector('#tabs'),f=document.forms[0];if(t){f.insertAdjacentHTML('afterend','<p hidden><label>入场小票号 "
    "<input name=t></label></p>');[...t.children].forEach((e,n)=>e.addEventListener('click',()=>{f.hidden=n;f.nextSibling.hidden=!n}))}"
    "const o=document.querySelector('#o');if(o)o.addEventListener('pointerup',e=>{if(e.target.id==='y')document.forms[0].submit()})"
)
DELEGATED = (
    "<div id=o><h2>应缴停车费</h2><p>¥8.00</p><form method=post action='/pay'></form>"
    "<div id=y style='padding:12px;background:#064;color:#fff'>付款</div></div>"
)


# What is shown minutes after the fee: by a timer, or by what the server is asked every 20 seconds.
LATE = "if(!document.querySelector('[name=plate]')){const m=document.querySelector('main');WHEN}"
IN_MINUTES = LATE.replace("WHEN", "setTimeout(()=>m.insertAdjacentHTML('beforeend',`SHOWN`),SECONDS*1000)")
POLLED = LATE.replace(
    "WHEN",
    "let n=0;setInterval(()=>fetch('/alive',{method:'POST'}).then(()=>{if(++n===4)m.insertAdjacentHTML('beforeend',`SHOWN`)}),20000)",
)
# It asks all the time, so that its server is spared after some answers; its own timer goes on.
ASKS_ON = LATE.replace(
    "WHEN",
    "setInterval(()=>fetch('/alive?at='+Date.now()),2000);setTimeout(()=>m.insertAdjacentHTML('beforeend',`SHOWN`),240000)",
)
GUEST = "<p><a href='https://work.weixin.qq.com/ca/zoo'>添加停车管家</a></p>"
STALE = "<div style='position:fixed;inset:0;background:#fff'><p>停留过久，金额可能已变化</p><button type=button>重新查询</button></div>"


# A cashier of the site's own: what it offers besides WeChat leads where WHERE says.
DESK = (
    "<h2>收银台</h2><p>停车费 ¥8.00</p><form action='https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb'><button>微信支付</button>"
    "</form><p><button type=button onclick=\"location.href='WHERE'\">LABEL</button></p>"
)
BESIDE = FEE + "<p><button type=button onclick=\"location.href='WHERE'\">银行卡支付</button></p>"
LEAVES = "<script>setTimeout(()=>location.href='https://mp.weixin.qq.com/mp/profile_ext?action=home',2600)</script>"
WALLET = "<h2>停车钱包</h2><p>余额 0.00 元</p><button type=button>储值 100 元</button><button type=button>储值 200 元</button>"


def _paid(zh: str, breaks: tuple[str, ...], after: str) -> Animal:
    """Return a page whose cashier sends the driver on to another page of the site."""
    return Animal(
        "", zh, breaks, pay=TO_CASHIER.replace("checkmweb'", "checkmweb?redirect_url=%2Fafter'"), after=after
    )


def _in_app(zh: str, breaks: tuple[str, ...], then: str) -> Animal:
    """Return a page that WeChat pays, and what its script does once WeChat reports that the fee was paid."""
    script = (
        "const b=document.querySelector('#z');if(b)b.onclick=()=>WeixinJSBridge.invoke('getBrandWCPayRequest',"
        f"{{package:'prepay_id=1'}},r=>{{if(/ok$/.test(r.err_msg)){then}}})"
    )
    fee = "<h2>应缴停车费</h2><p>¥8.00</p><button id=z type=button>支付 ¥8.00</button>"
    return Animal("", zh, breaks, phones=("wechat",), fee=fee, script=script)


# Pay opens a sheet at the bottom of the screen, and its first row pays.
SHEET = (
    "const o=document.querySelector('#o');if(o)o.onclick=()=>{document.body.insertAdjacentHTML('beforeend',\"<div role=dialog "
    "style='position:fixed;bottom:0;left:0;right:0;background:#eee'><p>选择支付方式</p><button id=z type=button>微信支付</button>"
    '<button type=button>取消</button></div>");'
)


def _from_sheet(zh: str, breaks: tuple[str, ...], then: str) -> Animal:
    animal = _in_app(zh, breaks, then)
    fee = animal.fee.replace("<button id=z", "<button id=o")
    return replace(animal, fee=fee, script=f"{SHEET}{animal.script}}}")


# A list of ways to pay from which one is chosen, before one button pays: with radio buttons, and drawn.
CHOSEN = "<h2>停车费 ¥8.00</h2><div id=ways>ROWS</div><button type=button id=go>立即支付</button>"
BY_RADIO = CHOSEN.replace(
    "ROWS", "".join(f"<label><input type=radio name=w value={n} TICK{n}>{{{n}}}</label>" for n in range(4))
).replace("TICK0", "checked")
BY_ROW = CHOSEN.replace(
    "ROWS", "".join(f"<div class='row radio' data-n={n}><span>{{{n}}}</span><i></i></div>" for n in range(4))
)
BY_OWN_ROW = BY_ROW.replace("row radio", "own radio")  # each listens for itself
GOES = (
    "const d=document,w=d.querySelector('#ways');if(w){let n=0;w.onchange=e=>n=+e.target.value;w.onclick=e=>{const r=e.target.closest('.row');"
    "if(r)n=+r.dataset.n};d.querySelectorAll('.own').forEach(r=>r.onclick=()=>n=+r.dataset.n);d.querySelector('#go').onclick=()=>location.href=URLS[n]}"
)
CASHIERS = ["https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=1", "https://mclient.alipay.com/h5?a=1", "https://qr.95516.com/pay"]  # fmt: skip


def _chosen(zh: str, breaks: tuple[str, ...], fee: str, label: str, url: str) -> Animal:
    """Return a page with four ways to pay of which the last is called so and leads there."""
    fee = fee.format("微信支付", "支付宝", "云闪付", label)
    return Animal("", zh, breaks, fee=fee, script=GOES.replace("URLS", str([*CASHIERS, url])))


# None is chosen in advance, and pay waits for a choice.
WAITS = GOES.replace("n=0", "n=-1").replace("location.href=URLS[n]", "n<0||(location.href=URLS[n])")
UNTAKEN = Animal(
    "",
    "四种付款方式都没选",
    fee=BY_RADIO.replace("checked", "").format("微信支付", "支付宝", "云闪付", "数字人民币"),
    script=WAITS.replace("URLS", str([*CASHIERS, "https://ecny.com/pay"])),
)

IN_APP_PAGE = (
    "<p>正在打开微信支付</p><script>WeixinJSBridge.invoke('getBrandWCPayRequest',{package:'prepay_id=1'},"
    "r=>{if(/ok$/.test(r.err_msg))location.replace('/after')})</script>"
)  # fmt: skip


def _opened(label: str, text: str) -> str:
    """Return a link that shows a text in place."""
    return (
        f"<p><a href='#more' onclick='document.querySelector(\"#more\").hidden=false'>{label}</a></p>"
        f"<p id=more hidden>{text}</p>"
    )


def _steps(zh: str, breaks: tuple[str, ...], *labels: str) -> Animal:
    """Return a page on which buttons have to be pressed, one after the other, before the plate's field is there."""
    form = FORM.format(path="/p/7F3K")
    script = (
        f"const a=document.querySelector('#way');if(a){{const l={list(labels)};let n=0;const draw=()=>{{a.innerHTML=n<l.length?"
        f"'<p>第 '+(n+1)+' 步</p><button type=button>'+l[n]+'</button>':`{form}`;const b=a.querySelector('button[type=button]');"
        "if(b)b.onclick=()=>{n++;draw()}};draw()}"
    )
    return Animal("", zh, breaks, form="<div id=way></div>", script=script)


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield "corrected", [Animal("", "改车牌再查", script=CORRECTED.replace("AGAIN", ""))]
    yield (
        "denied behind a link",
        [
            Animal(
                "", "我是会员？", before=_opened("我是会员？", "本页只缴停车费，不识别会员，也不要求注册。")
            ),
            Animal("", "要下载应用吗", before=_opened("要下载 APP 吗？", "停车缴费不需要下载任何应用。")),
        ],
    )
    yield (
        "paid already",
        [
            Animal("", "已缴费时刻", fee="<h2>停车费已缴</h2><p>已于今天 14:10 缴费 8.00 元，请在 12 分钟内离场。</p>"),
            Animal("", "离场倒计时", fee="<h2>停车费已缴清</h2><p>请在倒计时结束前离场，无需再付：</p><p>13:00</p>"),
            Animal("", "缴费时间一栏", fee="<h2>停车费已缴清</h2><table><tr><td>支付时间<tr><td>14:10</table><p>停车缴费 8.00 元</p>"),
        ],
    )  # fmt: skip
    yield (
        "terms",
        [
            Animal("", "同意处理车牌", before="<p>查询即表示您同意我们为计算停车费处理您的车牌，不用于营销。</p>"),
            Animal("", "会员另行同意", notice=NOTICE + "<p>如您另行注册会员，手机号用于活动推荐。使用本页即视为同意本告知。</p>"),
            Animal("", "不向个人转账", fee=FEE + f"<p>请勿向任何个人转账，谨防私人收款码。</p>{QR}"),
        ],
    )  # fmt: skip
    yield (
        "minutes later",
        [
            Animal("", "五分钟后请重新查询", script=IN_MINUTES.replace("SHOWN", STALE).replace("SECONDS", "300")),
            Animal("", "每二十秒问一次金额", script=POLLED.replace("SHOWN", "<p>金额有效</p>")),
        ],
    )  # fmt: skip
    kinds = "<h2>有两辆号码相同的车，请选择车牌颜色</h2><p id=k><button type=button>蓝牌</button> <button type=button>黄牌</button></p>"
    shown = "document.querySelector('#k')&&(document.querySelector('#k').onclick=()=>{document.querySelector('#k').outerHTML=`FEE`})"
    radios = "<h2>有两辆号码相同的车，请选择车牌颜色</h2>" + FORM.format(path="/p/7F3K").replace(
        "<button>",
        "".join(f"<label><input type=radio name=c> {kind}</label>" for kind in ("蓝牌", "黄牌")) + "<button>",
    )
    asked = f"const f=document.querySelector('[name=c]')?.form;if(f)f.onsubmit=e=>{{e.preventDefault();if(f.c.value)f.outerHTML=`{FEE}`}}"
    yield "two cars, marked", [Animal("", "同号两车，点选颜色", fee=radios, script=asked)]
    yield (
        "after paying",
        [
            _paid("付完回到本站", (), "<h2>支付成功</h2><p>请在 15 分钟内离场，道闸自动抬起。无需关注公众号。</p>"),
            _from_sheet("弹层里选微信，付完转到结果页", (), "document.querySelector('main').textContent='支付成功，请在 15 分钟内离场。'"),
            _in_app("微信里付完转到结果页", (), "location.href='/done'"),
            _paid("付完可开票", (), "<h2>支付成功</h2><p><a href='/invoice'>开电子发票</a> <a href='/receipt'>领取缴费凭证</a></p>"),
        ],
    )  # fmt: skip
    yield (
        "no plate to type",
        [
            Animal("", "检修公告", form="<h2>扫码付费正在检修</h2><p>检修期间出口免费放行，以后也不补收。</p>" + "<p>要付现金或要票据，请到 1 号岗亭。</p>" * 9),
        ],
    )  # fmt: skip
    yield "two cars", [Animal("", "同号两车，选颜色", fee=kinds, script=shown.replace("FEE", FEE))]
    yield (
        "beside the fee",
        [
            Animal("", "不是这辆车", fee=FEE + "<p><button type=button>不是这辆车</button></p>"),
            Animal("", "第几次查询", script=TRIES),
            Animal("", "繁忙时自动重试", script=TRIES.replace("正在向车库查询（第 ${n} 次）", "系统繁忙，第 ${n} 次重试……")),
            Animal("", "没网时可以重试", script=FAILS_ONCE),
            Animal("", "先核对车牌再查", phones=("wechat",), script=CONFIRMED, pay=IN_APP_PAGE, after="<h2>支付成功</h2><p>请在 15 分钟内离场。</p>"),
            Animal("", "已付款的人看这里", before="<p><a href='/after'>我已付款，查看出场状态</a></p>", after="<h2>已付款，请在 15 分钟内离场</h2>"),
            Animal("", "给读屏软件的透明层", fee=LAYER, script=PRESSED),
        ],
    )  # fmt: skip
    yield (
        "folded notice",
        [
            Animal("", "折起来的隐私说明", foot=FOLDED),
            Animal("", "打开着的隐私说明", foot=FOLDED.replace("<details>", "<details open>")),
            Animal("", "折在标题下的隐私说明", foot=FOLDED.replace("<details><summary>隐私告知", "<h3>隐私告知</h3><details><summary>全文")),
        ],
    )  # fmt: skip
    yield (
        "kept files",
        [
            Animal(
                "", "缓存网页文件", script="caches.open('app-v1').then(c=>c.addAll(['/p/7F3K','/privacy']))"
            )
        ],
    )
    yield (
        "shapes that frameworks have",
        [
            Animal("", "并排的面板，框架启动", place="", before=PANELS, fee=FEE + OF_ITS_OWN, script=STARTS),
            Animal("", "省份列表，其余用手机键盘", form=FORM + "<p id=list></p>", script=LIST_OF_PROVINCES),
            Animal("", "省份单选，其余另填", form=RADIO_FORM, script=JOINS),
            Animal("", "省份列表，字母和数字各一格", form=SHORT_FORM, script=JOINS_ALL),
            Animal("", "只听触摸的页签和付款", before=TABS, fee=DELEGATED, script=TABBED),
            Animal(
                "", "夜间配色已打开", before="<p><label><input type=checkbox checked> 夜间配色</label></p>"
            ),
        ],
    )
    yield (
        "several ways to pay",
        [
            _chosen("点选的四种付款方式", (), BY_RADIO, "数字人民币", "https://ecny.com/pay"),
            UNTAKEN,
            Animal("", "费用旁另有银联", fee=BESIDE.replace("WHERE", "https://qr.95516.com/pay")),
            _paid("付完看得到离场时限", (), "<h2>支付成功</h2><p>请在 15 分钟内离场。</p><button type=button onclick='navigator.geolocation.getCurrentPosition(()=>{})'>带我去出口</button>"),
        ],
    )  # fmt: skip
    yield "part of the plate", [Animal("", "先尾号，后整个车牌", script=ASKS_TWICE)]
    yield "form without scripts", [Animal("", "脚本用 POST，表单是 GET", phones=("plain", "no-script"), form=FORM.replace(" method=post", ""), script=BY_SCRIPT)]  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "behind a link",
        [Animal("", "会员链接", ("P5a",), before=_opened("我是会员", "会员停车免费 2 小时，登录后抵扣。"))],
    )
    yield (
        "minutes later",
        [
            Animal("", "八十秒后请加管家", ("P5a",), script=IN_MINUTES.replace("SHOWN", GUEST).replace("SECONDS", "80")),
            Animal("", "第四次询问后请加管家", ("P5a",), script=POLLED.replace("SHOWN", GUEST)),
            Animal("", "一直询问，四分钟后请加管家", ("P5a",), script=ASKS_ON.replace("SHOWN", GUEST)),
            Animal("", "一刻钟后请加管家", ("P5a",), script=IN_MINUTES.replace("SHOWN", GUEST).replace("SECONDS", "900")),
        ],
    )  # fmt: skip
    yield (
        "before the plate",
        [
            _steps("三步才到车牌", ("P1",), "进入停车缴费", "我知道了", "下一步"),
            _steps("两步才到车牌", ("P1",), "停车缴费", "我要缴费"),
        ],
    )
    yield (
        "for what the driver allows",
        [
            Animal("", "允许定位才查费", ("P9a", "P6"), script=ONLY_WHERE),
            Animal("", "接受条款才能输车牌", ("P8c",), form=f"<div id=way>{ALLOWS}</div>", script=THEN_KEYS),
        ],
    )
    yield (
        "hardly to be read",
        [
            Animal(
                "",
                "淡得看不清的金额",
                ("P13a",),
                fee="<h2>本次停车</h2><p style='color:#ddd'>应付 ¥8.00</p>" + PAYS,
            )
        ],
    )
    yield (
        "to a person",
        [
            Animal("", "转账给个人", ("P5d",), fee=f"<h2>停车费 ¥8.00</h2><p>请长按下方收款码，向老陈转账 8.00 元</p>{QR}"),
            Animal("", "截图放行", ("P5d",), fee=f"<h2>停车费 ¥8.00</h2>{QR}<p>扫码付款，付款截图请出示给门岗。</p>"),
        ],
    )  # fmt: skip
    yield (
        "after paying",
        [
            _paid("付完关注才抬杆", ("P5d",), "<h2>支付成功</h2><p>还差一步：关注“大场生活圈”，道闸收到后自动抬起。</p>"),
            Animal("", "付完直接到他站", ("P5d",), pay=TO_CASHIER.replace("checkmweb'", "checkmweb?redirect_url=https%3A%2F%2Fdraw.other-zoo.cn%2F'")),
            _in_app("微信里付完要加管家", ("P5d",), "document.querySelector('main').textContent='长按上图识别，加管家后道闸才抬起。'"),
            _paid("付完可领加油券", ("P12d",), "<h2>支付成功</h2><p>送您一张加油券</p><a href='https://act.oil-zoo.cn/c'>立即领取</a>"),
            _paid("付完半分钟后跳去小程序", ("P5d",), "<h2>支付成功</h2><script>setTimeout(()=>location.href='weixin://dl/business/?appid=wx1',19000)</script>"),
            _paid("付完往下翻是推销", ("P12d",), SCROLLED_AD),
            _paid("付完要定位", ("P9a",), "<h2>支付成功</h2><script>navigator.geolocation.getCurrentPosition(()=>{},()=>{})</script>"),
            _from_sheet("弹层里选微信，付完要加管家", ("P5d",), "document.querySelector('main').textContent='长按上图识别，加管家后道闸才抬起。'"),
            _in_app("微信里付完要位置", ("P9a",), "wx.getLocation({type:'gcj02'})"),
            Animal("", "微信里另一页付款，付完要加管家", ("P5d",), phones=("wechat",), pay=IN_APP_PAGE, after="<h2>支付成功</h2><p>加管家后道闸才抬起。</p><button type=button>加企业微信</button>"),
            _paid("付完转去抽奖", ("P5d",), "<h2>支付成功</h2><script>setTimeout(()=>location.replace('https://draw.other-zoo.cn/'),900)</script>"),
        ],
    )  # fmt: skip
    yield (
        "another way to pay",
        [
            Animal("", "收银台上另一个入口去办卡", ("P5d",), pay=DESK.replace("WHERE", "https://card.other-zoo.cn/open").replace("LABEL", "龙卡支付")),
            Animal("", "费用旁另一个支付去借款", ("P5d",), fee=BESIDE.replace("WHERE", "https://loan.other-zoo.cn/apply")),
            Animal("", "点支付要储值", ("P5d",), pay=WALLET),
            _chosen("第四种点选的付款方式是借款", ("P5d",), BY_RADIO, "先停后付", "https://loan.other-zoo.cn/apply"),
            _chosen("各自点选的付款方式去办卡", ("P5d",), BY_OWN_ROW, "龙卡", "https://card.other-zoo.cn/open"),
            _chosen("画出来的付款方式去办卡", ("P5d",), BY_ROW, "龙卡", "https://card.other-zoo.cn/open"),
            Animal("", "看了费用转去关注", ("P5d",), fee=FEE + LEAVES),
        ],
    )  # fmt: skip
    yield (
        "corrected",
        [
            Animal("", "改车牌再查要手机号", ("P3",), script=CORRECTED.replace("AGAIN", ASKS_PHONE)),
            Animal("", "外地车牌要手机号", ("P3",), script=OF_ELSEWHERE),
            Animal("", "手机框里只写必填", ("P3",), fee=FEE + "<div>联系手机 <input placeholder=必填></div>"),
        ],
    )
    yield "plates of all", [Animal("", "下载全场车牌", ("P11b",), script="const cars=['沪A3K812','沪B72Q09','苏E8H31P','沪AD31726','浙F20K77']")]  # fmt: skip
    yield "in clear", [Animal("", "明文的收银台", ("P10a",), pay=TO_CASHIER.replace("https://wx.tenpay.com", "http://cashier.other-zoo.cn"))]  # fmt: skip
    yield (
        "handed out",
        [
            Animal("", "脚本里的商户密钥", ("P10a",), script="const pay={mchId:'1604482219',mchKey:'Zk3nQ8vT1xR7mB5cW9pL2sD6fH4jG0aY'}"),
            Animal("", "车牌存进缓存", ("P7a", "P8c"), script="const f=document.forms[0];if(f&&f.plate)f.plate.oninput=()=>caches.open('app-v1').then(c=>c.put('/recent',new Response(f.plate.value)))"),
            Animal("", "抬杆按钮是广告", ("P12d",), before="<p><a href='/after'>查看出场状态</a></p>", after="<h2>支付成功</h2><button type=button>确认抬杆</button><p>广告 · 由第三方提供</p>"),
        ],
    )  # fmt: skip
    bill = "<h2>本次停车</h2><p>停车费</p><p>¥8.00</p><p>离场保障服务 <small>不需要</small></p><p>¥1.90</p><p>合计</p><p>¥9.90</p>"
    yield "added unasked", [Animal("", "多出一项服务", ("P12d",), fee=bill + FEE.replace("8.00", "9.90"))]
    yield (
        "consent in terms",
        [
            Animal("", "条款里的营销", ("P5b",), notice="<h1>隐私说明</h1><p>车牌用于查询停车费，保存 30 天。使用本页即视为您同意我们向您发送营销短信，并与合作商户共享停车信息。联系 021-5555 0100</p>"),
            Animal("", "条款里同意以上", ("P5b",), notice=PROFILED + "<p>继续使用本页即视为同意以上内容。</p>"),
            Animal("", "同意给保险机构", ("P5b",), before="<p><small>点击查询即视为您同意将车牌提供给合作保险、二手车机构用于报价与联系</small></p>"),
            Animal("", "按钮下的小字", ("P5b",), before="<p><small>点击查询即表示您同意接收优惠信息及广告推送</small></p>"),
        ],
    )  # fmt: skip


def unclear() -> Iterator[Animal]:
    """Pages that nobody accuses, and that are not called pure either."""
    lots = "<fieldset><legend>您的车停在哪里？</legend><label><input type=radio name=q> 古镇 P1</label><label><input type=radio name=q> 檀园地库</label></fieldset>"
    yield Animal(
        "",
        "先选停车场",
        form=f"<div id=way>{lots}</div>",
        script=f"const w=document.querySelector('#way');if(w)w.onchange=()=>w.insertAdjacentHTML('beforeend',`{FORM.format(path='/p/7F3K')}`)",
    )
    yield Animal(
        "",
        "车道已知的车",
        form="<p>沪A·***45 应付 8.00 元</p><form method=post action='/pay'><button>支付</button></form>",
    )
    bill = "<h2>本次停车</h2><p>停车费</p><p>¥8.00</p><p>清洁费</p><p>¥2.00</p><p>合计</p><p>¥10.00</p>"
    yield Animal(
        "",
        "看不懂的按钮、选项和时刻",
        before="<p><button type=button>轮椅朋友看过来</button></p><p><label><input type=checkbox checked> 芝麻开门</label></p>"
        "<p><label>影厅与座位 <input name=seat></label></p>",
        fee=FEE + "<p>14:32</p>",
    )
    yield Animal("", "没有标明的清洁费", fee=bill + FEE.replace("8.00", "10.00"))
    yield Animal("", "说明里写着营销", notice=PROFILED)
    yield Animal("", "没有隐私说明", foot=NO_NOTICE)
    yield Animal(
        "",
        "没填好的隐私模板",
        notice=NOTICE + "<p>您可通过【联系电话】联系【公司全称】，我们在 XX 个工作日内答复。</p>",
    )
    yield Animal("", "长期保存车牌", notice=NOTICE + "<p>您的车牌将在我们的服务器上长期保存。</p>")
    yield Animal("", "脚本里的应用密钥", script="const api={appSecret:'Zk3nQ8vT1xR7mB5cW9pL2sD6fH4jG0aY'}")
    yield Animal(
        "",
        "打不开的隐私说明",
        foot=FOOT.replace("车牌只用于查询本次停车费，离场 24 小时后清除。", ""),
        notice="<p>加载中…</p>",
    )
    yield Animal("", "今天免费", form="<h2>今天免费停放</h2><p>请直接离场，道闸自动抬起。</p>")
    yield Animal(
        "",
        "先选楼，旁边有搜索框",
        form="<div id=way><p><input type=search placeholder=搜索停车场></p><button type=button>东区停车场</button></div>",
        script=f"const w=document.querySelector('#way button');if(w)w.onclick=()=>w.parentNode.innerHTML=`{FORM.format(path='/p/7F3K')}`",
    )
    yield _steps("一步才到车牌", (), "停车缴费")
    shows = (
        "fetch('/done',{method:'POST'}).then(r=>r.text()).then(t=>document.querySelector('main').innerHTML=t)"
    )
    yield _in_app("微信里付完由服务器送来", (), shows)
    yield _paid("没付款就看不到结果", (), "<h2>正在确认付款结果</h2><p>付款成功后这里会显示离场时限。</p>")
