"""Families of pages in the styles of common frameworks, written after the rules and without trying them.

They were counted before any rule was changed for them. One half of each family is shown when it is counted;
the other half is only counted.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from urllib.parse import parse_qs, quote

from tests.selfcheck.zoo.animals import (
    ALIPAY,
    FEE,
    FOOT,
    FORM,
    PLATE,
    PROTECTED,
    STYLE,
    WECHAT,
    Animal,
    Answer,
)

THIRD = "https://cdn.adnet-zoo.cn"
PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
KEYS = "1234567890QWERTYUPASDFGHJKLZXCVBNM"
CASHIER = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=1"
SHEET = "position:fixed;left:0;right:0;bottom:0;background:#fff;z-index:20;padding:16px;box-shadow:0 -2px 9px #0003"
MASK = "position:fixed;inset:0;background:rgba(0,0,0,.6);z-index:19"
MODAL = "position:fixed;left:10%;right:10%;top:25%;background:#fff;z-index:21;padding:20px;border-radius:8px"
TITLE = "<h1>测试天地停车场</h1><p>收款单位：上海测试停车管理有限公司</p>"
INFO = (
    "<p>收费标准：首小时 8 元，之后每小时 6 元，24 小时封顶 60 元。</p>"
    "<p><a href='/privacy'>个人信息保护说明</a>　服务热线 021-6666 0000　价格举报 12345</p>"
)


@dataclass(frozen=True)
class App(Animal):
    """A page that asks an interface for its fee; the answer is JSON."""

    api: str = "/api/fee"
    more: tuple[tuple[str, str], ...] = ()  # further paths and their pages

    def answer(self, method: str, path: str, body: str) -> Answer:
        headers = dict(PROTECTED) | {"Content-Type": "application/json; charset=utf-8"}
        bare = path.partition("?")[0]
        if bare == self.api:
            plate = _plate(body)
            found = {"code": 0, "amount": 800} if plate == PLATE else {"code": 1, "amount": 0}
            return Answer(json.dumps(found), headers=headers)
        for place, page in self.more:
            if bare == place:
                return Answer(page, headers=dict(PROTECTED))
        return super().answer(method, path, body)


def _plate(body: str) -> str:
    try:
        return str(json.loads(body).get("plate", ""))
    except ValueError:
        return parse_qs(body).get("plate", [""])[0]


def page(inner: str, script: str = "", head: str = "", title: str = "停车缴费", lang: str = "zh-CN") -> str:
    code = f"<script>{script}</script>" if script else ""
    return (
        f"<!doctype html><html lang={lang}><head><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<link rel=icon href='data:,'><title>{title}</title><style>{STYLE}</style>{head}</head><body>{inner}{code}</body></html>"
    )


def app(zh: str, inner: str, *breaks: str, script: str = "", head: str = "", **more: Any) -> App:
    return App("", zh, breaks, whole=page(inner, script, head), **more)


ASK = (
    "async function ask(p){const r=await fetch('/api/fee',{method:'POST',headers:{'Content-Type':'application/json'},"
    "body:JSON.stringify({plate:p})});return r.json()}"
)
PAY = f"location.href='{CASHIER}'"
# A page as Vue mounts it: an empty element that a script fills, and a fee shown in place.
MOUNT = (
    "const $=s=>document.querySelector(s);function mount(){{$('#app').innerHTML=`{view}`;"
    "$('#go').onclick=async()=>{{const d=await ask($('#carNo').value.trim());"
    "$('#result').innerHTML=d.code?'<p>未查询到停车费用</p>':`{fee}`;const b=$('#pay');if(b)b.onclick=()=>{{{pay}}}}}}}"
    "setTimeout(mount,{delay});"
)
VIEW = (
    TITLE
    + "<div class=van-cell><span class=van-field__label>车牌号码</span><input id=carNo class=van-field__control placeholder=请输入车牌号></div>"
    "<button id=go class='van-button van-button--primary'>查询费用</button><div id=result></div>" + INFO
)
RESULT = "<div class=van-card><p>待缴金额 <b>¥8.00</b></p><p>停车时长 1 小时 20 分</p><button id=pay class=van-button>立即支付 ¥8.00</button></div>"


def vue(
    zh: str,
    *breaks: str,
    view: str = VIEW,
    fee: str = RESULT,
    pay: str = PAY,
    delay: int = 300,
    script: str = "",
    **more: Any,
) -> App:
    code = ASK + MOUNT.format(view=view, fee=fee, pay=pay, delay=delay) + script
    return app(zh, "<div id=app></div>", *breaks, script=code, **more)


def form(zh: str, *breaks: str, **more: Any) -> Animal:
    """Return a page of forms without script, changed in some parts."""
    return Animal("", zh, breaks, **more)


def drawn(words: str, width: int = 320, height: int = 160) -> str:
    """Return a picture of words, as a data address."""
    rows = "".join(
        f"<text x='16' y='{48 + 40 * n}' font-size='26' font-family='Noto Sans CJK SC,sans-serif' fill='#b00'>{row}</text>"
        for n, row in enumerate(words.split("|"))
    )
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}'><rect width='100%' height='100%' fill='#fff6e0'/>{rows}</svg>"
    return f"<img alt='' width={width} height={height} src='data:image/svg+xml,{quote(svg)}'>"


def keypad(signs: str, tag: str = "span", attribute: str = "class=key") -> str:
    return "".join(
        f"<{tag} {attribute} style='display:inline-block;padding:9px;cursor:pointer'>{c}</{tag}>"
        for c in signs
    )


UNI_STYLE = "<style>uni-view,uni-page,uni-app{display:block}uni-button{display:block;background:#07c160;color:#fff;padding:12px;text-align:center;cursor:pointer}</style>"


def uni(zh: str, *breaks: str, before: str = "", fee: str = "", script: str = "", **more: Any) -> App:
    """Return a page as uni-app builds it: elements of its own, no form, no button."""
    inner = (
        f"<uni-app><uni-page><uni-view>{TITLE}</uni-view>{before}<uni-view class=uni-forms-item><uni-view>车牌号</uni-view>"
        "<uni-input><div class=uni-input-wrapper><input class=uni-input-input maxlength=8></div></uni-input></uni-view>"
        f"<uni-button id=go>查询</uni-button><uni-view id=r></uni-view><uni-view>{INFO}</uni-view></uni-page></uni-app>"
    )
    shown = fee or "<uni-view>应付金额：8.00 元</uni-view><uni-button id=pay>确认支付 8.00 元</uni-button>"
    code = (
        ASK
        + "document.querySelector('#go').onclick=async()=>{const d=await ask(document.querySelector('.uni-input-input').value);"
        f"document.querySelector('#r').innerHTML=d.code?'<uni-view>暂无待缴费用</uni-view>':`{shown}`;const b=document.querySelector('#pay');if(b)b.onclick=()=>{{{PAY}}}}};"
        + script
    )
    return app(zh, inner, *breaks, script=code, head=UNI_STYLE, **more)


def _keyboard_page(zh: str, markup: str, opener: str = "") -> App:
    inner = (
        f"{TITLE}<p>车牌号码</p><input id=carNo readonly placeholder=请输入车牌号 {opener}>"
        f"<button id=go>查询停车费</button><div id=result></div>{INFO}{markup}"
    )
    code = (
        ASK
        + "const f=document.querySelector('#carNo');for(const k of document.querySelectorAll('.key'))k.addEventListener('click',()=>{f.value+=k.textContent});"
        "document.querySelector('#go').onclick=async()=>{const d=await ask(f.value);document.querySelector('#result').innerHTML=d.code?'未查到费用':`"
        + RESULT
        + "`;const b=document.querySelector('#pay');if(b)b.onclick=()=>{"
        + PAY
        + "}}"
    )
    return app(zh, inner, script=code)


COMPONENT = (
    ASK
    + "customElements.define('plate-form',class extends HTMLElement{connectedCallback(){const r=this.attachShadow({mode:'%s'});"
    "r.innerHTML=`<label>车牌号 <input id=c placeholder='例 沪A12345'></label><button id=g>查询</button><div id=r></div>`;"
    "r.querySelector('#g').onclick=async()=>{const d=await ask(r.querySelector('#c').value);r.querySelector('#r').innerHTML=d.code?'<p>没有待缴费用</p>':'<p>应缴 ¥8.00</p><button id=p>支付 ¥8.00</button>';"
    "const b=r.querySelector('#p');if(b)b.onclick=()=>{" + PAY + "}}}});%s"
)


type Families = Iterator[tuple[str, list[Animal]]]


def _clean() -> Families:
    spinner = f"<div id=load style='{MASK}'><p style='color:#fff;padding-top:60%;text-align:center'>加载中…</p></div>"
    yield (
        "vue cashiers",
        [
            vue("就地显示费用"),
            vue("迟 2.6 秒才渲染", delay=2600),
            vue("查询中遮罩", script="document.addEventListener('click',e=>{if(e.target.id==='go'){document.body.insertAdjacentHTML('beforeend','<div id=t style=\"" + MASK + "\">查询中…</div>');setTimeout(()=>document.querySelector('#t').remove(),700)}},true);"),
            vue("微信内拉起", pay="WeixinJSBridge.invoke('getBrandWCPayRequest',{package:'prepay_id=1'},()=>{})", phones=WECHAT),
            vue("骨架屏", script="document.querySelector('#app').innerHTML='" + "<div style=\"height:40px;background:#eee;margin:12px 0\"></div>" * 4 + "';", delay=1800),
            vue("哈希路由", script="location.hash='#/index';document.addEventListener('click',e=>{if(e.target.id==='go')location.hash='#/fee'});"),
        ],
    )  # fmt: skip
    yield (
        "uni-app",
        [
            uni("自定义元素"),
            uni("元素做的费用", fee="<uni-view class=money>￥8.00</uni-view><uni-button id=pay type=primary>去支付</uni-button>"),
            uni("加载圈", script="document.body.insertAdjacentHTML('beforeend',`" + spinner + "`);setTimeout(()=>document.querySelector('#load').remove(),1600);"),
            uni("选号牌种类", before="<uni-view><uni-label><input type=radio name=k checked>普通车牌</uni-label><uni-label><input type=radio name=k>新能源车牌</uni-label></uni-view>"),
        ],
    )  # fmt: skip
    yield (
        "web components",
        [
            app("开放的影子树", TITLE + "<plate-form></plate-form>" + INFO, script=COMPONENT % ("open", "")),
            app("封闭的影子树", TITLE + "<plate-form></plate-form>" + INFO, script=COMPONENT % ("closed", "")),
            app("迟注册的元素", TITLE + "<plate-form></plate-form>" + INFO, script="setTimeout(()=>{" + COMPONENT % ("open", "") + "},1500)"),
            form("服务工作线程缓存静态文件", script="navigator.serviceWorker&&navigator.serviceWorker.register('/sw.js').catch(()=>{})"),
        ],
    )  # fmt: skip
    yield (
        "languages",
        [
            form("中英对照", place="<header><h1>测试广场停车场 Test Plaza Parking</h1><p>收款方 Payee: 上海测试商业管理有限公司</p></header>", form=FORM.replace("车牌号<", "车牌号 Licence plate<").replace("查询停车费", "查询 Look up"), fee=FEE.replace("<h2>应缴停车费</h2>", "<h2>应缴停车费 Amount due</h2>").replace("支付 ¥8.00<", "支付 Pay ¥8.00<")),
            form("全英文", place="<header><h1>Test Plaza Car Park</h1><p>Payee: Test Property Co., Ltd.</p></header>", before="<p>No membership, registration or phone number is required. Please do not share verification codes with anyone.</p>", form=FORM.replace("车牌号", "Licence plate").replace("查询停车费", "Check fee"), fee="<h2>Amount due</h2><p>¥8.00</p><form method=post action='/pay'><button>Pay ¥8.00</button></form>", nothing="<h2>No fee was found</h2>", foot="<footer><p>Tariff: 5 yuan per hour</p><p><a href='/privacy'>Privacy notice</a> Hotline 021-5555 0100</p></footer>"),
            form("港式繁体", place="<header><h1>測試廣場停車場</h1><p>收款人：測試物業有限公司</p></header>", before="<p>毋須登記成為會員，毋須下載應用程式。</p>", form=FORM.replace("车牌号", "車牌號碼").replace("查询停车费", "查詢泊車費"), fee="<h2>應繳泊車費</h2><p>¥8.00</p><form method=post action='/pay'><button>繳付 ¥8.00</button></form>", nothing="<h2>未有查到須繳付的費用</h2>", foot="<footer><p>收費：每小時 5 元</p><p><a href='/privacy'>私隱聲明</a> 查詢熱線 021-5555 0100</p></footer>"),
            form("台式繁体", place="<header><h1>測試廣場停車場</h1><p>收款方：測試管理股份有限公司</p></header>", before="<p>本頁不需註冊，亦不蒐集手機號碼。</p>", form=FORM.replace("车牌号", "車號").replace("查询停车费", "查詢費用"), fee="<h2>應付停車費</h2><p>NT 折合 ¥8.00</p><form method=post action='/pay'><button>確認付款 ¥8.00</button></form>", nothing="<h2>查無待繳費用</h2>", foot="<footer><p>費率：每小時 5 元</p><p><a href='/privacy'>隱私權說明</a> 客服電話 021-5555 0100</p></footer>"),
        ],
    )  # fmt: skip
    yield (
        "sheets",
        [
            vue("费用在底部弹层", fee=f"<div style='{MASK}'></div><div style='{SHEET}'><p>待缴 ¥8.00</p><button id=pay>支付 ¥8.00</button><button>取消</button></div>"),
            form("收费标准弹层，点了才开", before=f"<button type=button onclick='document.querySelector(`#s`).hidden=false'>收费标准</button><div id=s hidden style='{SHEET}'><table><tr><td>首小时<td>8 元<tr><td>之后每小时<td>6 元</table><button type=button onclick='this.parentNode.hidden=true'>知道了</button></div>"),
            vue("提示条", script="document.addEventListener('click',e=>{if(e.target.id==='go'){document.body.insertAdjacentHTML('beforeend','<div id=t style=\"position:fixed;left:30%;right:30%;top:45%;background:#000c;color:#fff;padding:14px\">正在查询，请稍候</div>');setTimeout(()=>document.querySelector('#t').remove(),1200)}});"),
            form("固定顶栏与返回", before="<nav style='position:fixed;top:0;left:0;right:0;height:44px;background:#fff;z-index:5'>停车缴费</nav><div style='height:44px'></div>"),
        ],
    )  # fmt: skip
    yield (
        "keyboards",
        [
            _keyboard_page("底部省份与字母键盘", f"<div style='{SHEET};height:300px'>{keypad(PROVINCES + KEYS)}</div><div style='height:320px'></div>"),
            _keyboard_page("页中键盘", f"<div>{keypad(PROVINCES)}<br>{keypad(KEYS)}</div>"),
            _keyboard_page("点框才升起", f"<div id=kb hidden style='{SHEET};height:300px'><p><button type=button onclick='this.closest(`#kb`).hidden=true'>完成</button></p>{keypad(PROVINCES + KEYS, 'b')}</div>", "onclick='document.querySelector(`#kb`).hidden=false'"),
            _keyboard_page("按钮键盘", f"<section aria-label=键盘 style='{SHEET};height:300px'>{keypad(PROVINCES + KEYS, 'button', 'type=button class=key')}</section><div style='height:320px'></div>"),
        ],
    )  # fmt: skip
    frame = "<h2>收银台</h2><iframe src='%s' width=340 height=400 title=收银台></iframe>"
    yield (
        "cashiers",
        [
            form("银联商务收银台内嵌", pay=frame % "https://qr.chinaums.com/netpay-portal/webpay/pay.do?msgId=1"),
            form("拉卡拉收银台", pay="<p>正在跳转收银台</p><script>location.replace('https://q.lakala.com/r/0000?pageStyle=1')</script>"),
            form("支付宝表单自动提交", pay="<form id=f method=post action='https://openapi.alipay.com/gateway.do?charset=utf-8'><input type=hidden name=biz_content value='{}'></form><script>document.forms[0].submit()</script>"),
            form("云闪付链接", fee="<h2>待支付 ¥8.00</h2><p><a href='https://qr.95516.com/00010000/0116001'>立即支付 ¥8.00</a></p>"),
            form("支付宝应用", fee="<h2>待支付 ¥8.00</h2><p><a href='alipays://platformapi/startapp?saId=10000007&qrcode=https%3A%2F%2Fqr.alipay.com%2Fx'>支付 ¥8.00</a></p>"),
            form("收银台选微信或支付宝", fee="<h2>应付 ¥8.00</h2><form method=post action='/pay'><button name=c value=w>微信支付 ¥8.00</button><button name=c value=a>支付宝支付 ¥8.00</button></form>"),
        ],
    )  # fmt: skip
    yield (
        "price words",
        [
            form("不设会员价的价目表", before="<table><tr><th>车型<th>白天<th>夜间<tr><td>小型车<td>5 元/小时<td>3 元/小时<tr><td>大型车<td>8 元/小时<td>5 元/小时</table><p>以上价格对所有车辆一致，本场不设会员价。</p>"),
            form("没有会员也没有积分", before="<p>本页无会员、无积分、无优惠券、无广告。</p>"),
            form("月租按合同", before="<p>月租车辆按合同执行；会员、业主车辆的减免已在应缴金额中扣除。</p>"),
            form("举报提示", before="<p>如有人要求您先关注公众号、注册会员才能缴费，请拨打 12345 举报。</p>"),
            form("政策减免", before="<p>残疾人驾驶的车辆、军车、新能源车首小时减免，系统自动计算，无须申请。</p>"),
            form("夜间限价", before="<ul><li>20:00 至次日 8:00 每小时 3 元，12 元封顶</li><li>节假日同价</li></ul>"),
        ],
    )  # fmt: skip
    yield (
        "surroundings",
        [
            form("防汛公告", before="<p>今日暴雨，请勿将车辆停放在 B3 低洼处；请关注现场广播。</p>"),
            form("长辈版", before="<p><a href='/p/7F3K?big=1'>长辈版（大字）</a></p>"),
            form("有牌无牌两个页签", before="<div role=tablist><button type=button role=tab aria-selected=true>有牌车</button><button type=button role=tab>无牌车</button></div>"),
            form("呼叫值班员", before="<p><a href='tel:02166660000'>呼叫值班员</a> 抬杆异常请按对讲。</p>"),
            form("物业授权声明", before="<p>本停车场由测试物业授权上海测试停车管理有限公司收费，营业执照公示于岗亭。</p>"),
            form("请妥善保管", before="<p>请锁好车窗，贵重物品随身携带；访客登记请到一楼前台。</p>"),
            form("自家介绍图", before="<img alt=停车场入口实景 width=320 height=160 src='data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='>"),
            form("图里的收费牌", before=drawn("收费标准|首小时 8 元|之后每小时 6 元", 320, 170)),
        ],
    )  # fmt: skip


def walls() -> Iterator[tuple[str, list[Animal]]]:
    login = "<h1>测试天地</h1><form method=post action='/login'><input placeholder=请输入手机号 inputmode=numeric maxlength=11><input placeholder=短信验证码><button>登录</button></form>"
    yield (
        "forced login",
        [
            vue("打开就是登录页", "P3", view=login + "<button id=go hidden></button><input id=carNo hidden><i id=result></i>"),
            vue("查费后要登录", "P5a", fee="<p>登录后查看费用</p><button id=pay>手机号快捷登录</button>", pay="location.href='/login'"),
            uni("一键登录按钮", "P5a", before="<uni-button id=lg>微信用户一键登录</uni-button>"),
            form("支付前要短信登录", "P3", pay=f"<h2>安全验证</h2>{login}"),
            vue("费用页留手机", "P3", fee="<p>待缴 ¥8.00</p><input placeholder=预留手机号，接收离场提醒><button id=pay>支付 ¥8.00</button>"),
        ],
    )  # fmt: skip
    yield (
        "hidden phone fields",
        [
            app("两层影子树", TITLE + "<plate-form></plate-form><x-a></x-a>" + INFO, "P3", script=COMPONENT % ("open", "customElements.define('x-b',class extends HTMLElement{connectedCallback(){this.attachShadow({mode:'closed'}).innerHTML='<input placeholder=手机号码>'}});customElements.define('x-a',class extends HTMLElement{connectedCallback(){this.attachShadow({mode:'open'}).innerHTML='<x-b></x-b>'}});")),
            vue("触摸后出现", "P3", script="addEventListener('touchstart',()=>{document.body.insertAdjacentHTML('beforeend','<p><input type=tel placeholder=手机号领取停车时长></p>')},{once:true});"),
            uni("可编辑的视图", "P3", before="<uni-view>联系手机</uni-view><uni-view contenteditable=true style='border:1px solid #ccc;height:36px'></uni-view>"),
            app("内嵌页里的影子树", TITLE + "<plate-form></plate-form><iframe srcdoc=\"<x-c></x-c><script>document.querySelector('x-c').attachShadow({mode:'open'}).innerHTML='<label>手机 <input name=mobile></label>'</script>\"></iframe>" + INFO, "P3", script=COMPONENT % ("open", "")),
        ],
    )  # fmt: skip
    yield (
        "official accounts",
        [
            form("关注后推送凭证", "P5a", before="<p>关注“测试天地”公众号，缴费成功后自动推送电子凭证</p>"),
            vue("费用页弹关注框", "P5a", fee=f"{RESULT}<div style='{MODAL}'><p>长按识别二维码，关注后继续支付</p><button>我已关注</button></div>"),
            form("公众号文章链接", "P5a", before="<a href='https://mp.weixin.qq.com/s/abcdEFGH'>停车攻略</a>"),
            form("支付前跳关注页", "P5d", pay="<h2>请先关注公众号</h2><p>关注后点击菜单“停车缴费”完成支付</p>"),
            form("画出来的关注", "P5a", before=drawn("长按识别二维码|关注公众号|领 5 元停车券", 320, 200)),
            form("画出来的加好友", "P5a", before=drawn("扫码添加企业微信|进群领停车优惠", 320, 160)),
        ],
    )  # fmt: skip
    yield (
        "mini programs",
        [
            app("打开小程序标签", TITLE + "<plate-form></plate-form><wx-open-launch-weapp username=gh_1 path=pages/park><script type='text/wxtag-template'><button>打开小程序，缴费更快</button></script></wx-open-launch-weapp>" + INFO, "P5a", script=COMPONENT % ("open", ""), phones=WECHAT),
            form("打开就跳小程序", "P1", script="setTimeout(()=>{location.href='weixin://dl/business/?t=abc'},300)"),
            form("支付变成小程序链接", "P5d", fee="<h2>应缴 ¥8.00</h2><a href='https://wxaurl.cn/aBcD1234'>支付 ¥8.00</a>"),
            form("小程序缴费立减", "P5a", before="<a href='/mini'>使用“测试天地”小程序缴费立减 1 元</a>"),
        ],
    )  # fmt: skip
    yield (
        "alipay",
        [
            form("关注生活号", "P5a", before="<p>关注支付宝生活号，领 3 元停车红包</p>", phones=ALIPAY),
            form("取手机号", "P4a", script="my.getPhoneNumber({success(){}})", phones=ALIPAY),
            form("用户授权码", "P4a", script="window.AlipayJSBridge?AlipayJSBridge.call('getAuthCode',{scopeNicks:['auth_user'],appId:'1'},()=>{}):my.getAuthCode({scopes:['auth_user']})", phones=ALIPAY),
            form("收藏有礼", "P5a", before="<button type=button>收藏小程序领停车券</button>", phones=ALIPAY),
        ],
    )  # fmt: skip
    yield (
        "coupons",
        [
            vue("红包雨", "P5c", script=f"setTimeout(()=>document.body.insertAdjacentHTML('beforeend',`<div style='{MASK}'><p style='color:#fff'>恭喜您获得停车红包</p><button>拆红包</button></div>`),1500);"),
            vue("底部领券抽屉", "P5c", script=f"setTimeout(()=>document.body.insertAdjacentHTML('beforeend',`<div style='{SHEET};height:320px'><p>5 元停车券待领取</p><button>一键领取</button></div>`),1200);"),
            form("悬浮领券", "P5a", before="<a href='/coupon' style='position:fixed;right:4px;bottom:90px;background:#f40;color:#fff;padding:14px;border-radius:50%'>领券</a>"),
            form("画出来的券", "P5a", before=f"<a href='/c'>{drawn('新人专享|停车券 10 元|立即领取', 320, 180)}</a>"),
            vue("费用后抽奖", "P5a", fee=RESULT + "<div><p>幸运大转盘，抽免费停车</p><button>立即抽奖</button></div>"),
        ],
    )  # fmt: skip
    yield (
        "apps and points",
        [
            form("顶部打开 App", "P5a", before="<div style='position:fixed;top:0;left:0;right:0;background:#eef;z-index:4'>测试天地 App，停车更方便 <a href='/app'>打开</a></div>"),
            form("下载客户端", "P5a", before="<a href='/download/park.apk'>下载客户端享 9 折</a>"),
            vue("积分抵扣要登录", "P5a", fee=RESULT + "<p>您有积分可抵 ¥3.00，<a href='/login'>登录使用</a></p>"),
            vue("会员价", "P12e", fee="<p>普通价 ¥8.00</p><p>PLUS 会员价 ¥6.00</p><button id=pay>支付 ¥8.00</button>"),
            form("本次可得积分", "P5a", fee=FEE + "<a href='/join'>入会累积 80 积分</a>"),
            vue("签约自动扣费", "P5a", fee=RESULT + "<button>开通车牌付，下次先离场后扣费</button>"),
        ],
    )  # fmt: skip
    yield (
        "dark patterns",
        [
            vue("默认勾选会员协议", "P5b", fee=RESULT.replace("<button", "<label><input type=checkbox checked>同意成为会员并接收优惠信息</label><button")),
            vue("自绘的已勾选框", "P5b", fee=RESULT.replace("<button", "<div class=van-checkbox role=checkbox aria-checked=true tabindex=0>加 1 元享车辆意外险</div><button")),
            vue("支付时劝留", "P5d", pay=f"document.body.insertAdjacentHTML('beforeend',`<div style='{MODAL}'><p>还差 1 步即可省 5 元</p><button>开通会员</button><a href='#'>残忍放弃</a></div>`)"),
            vue("大按钮开卡小字支付", "P5a", fee="<p>¥8.00</p><button style='height:60px'>9.9 元开卡，本单立减 5 元</button><p><a id=pay style='font-size:11px;color:#aaa' href='#'>原价支付 ¥8.00</a></p>"),
            form("车险插在支付前", "P5d", pay="<h2>为爱车领取免费保险</h2><p>填写后即可完成支付</p><button>免费领取</button>"),
            form("拦返回键", "P5c", script="history.pushState(null,'',location.href);addEventListener('popstate',()=>{history.pushState(null,'',location.href)})"),
        ],
    )  # fmt: skip


def leaks() -> Iterator[tuple[str, list[Animal]]]:
    typed = "document.addEventListener('input',e=>{const v=e.target.value||'';%s});"
    yield (
        "fingerprint libraries",
        [
            vue("画布与声音合成指纹", "P9b", script="(()=>{const c=document.createElement('canvas');c.width=240;c.height=60;const x=c.getContext('2d');x.font='14px Arial';x.fillText('Cwm fjordbank \\u{1F603}',2,15);const a=c.toDataURL();const o=new OfflineAudioContext(1,5000,44100),s=o.createOscillator();s.connect(o.destination);s.start();o.startRendering();window.fp=a.length})();"),
            vue("字体探测", "P9b", script="(()=>{const s=document.createElement('span');s.textContent='mmmmmmmmmmlli';s.style='font-size:72px;position:absolute;left:-9999px';document.body.append(s);let n=0;for(let i=0;i<80;i++){s.style.fontFamily='F'+i+',monospace';n+=s.offsetWidth}window.fw=n})();"),
            form("显卡型号", "P9b", script="const g=document.createElement('canvas').getContext('webgl');if(g){const e=g.getExtension('WEBGL_debug_renderer_info');g.getParameter(e?e.UNMASKED_RENDERER_WEBGL:7937)}"),
            form("屏幕时区语言硬件", "P9b", script="const d=[screen.width,screen.colorDepth,screen.availHeight,navigator.platform,navigator.languages,navigator.hardwareConcurrency,navigator.deviceMemory,navigator.plugins.length,navigator.vendor,Intl.DateTimeFormat().resolvedOptions().timeZone];fetch('/d',{method:'POST',body:JSON.stringify(d)})"),
            form("设备列举", "P9b", script="navigator.mediaDevices&&navigator.mediaDevices.enumerateDevices&&navigator.mediaDevices.enumerateDevices();[navigator.hardwareConcurrency,navigator.deviceMemory,navigator.plugins.length,navigator.mimeTypes.length,screen.colorDepth,navigator.maxTouchPoints]"),
            vue("录制回放", "P9b", script="const ev=[];for(const n of['mousemove','touchmove','scroll','input','click'])document.addEventListener(n,e=>ev.push([n,e.timeStamp]),true);setInterval(()=>fetch('/replay',{method:'POST',body:JSON.stringify(ev.splice(0))}),1000);"),
        ],
    )  # fmt: skip
    yield (
        "permissions",
        [
            vue("首触写剪贴板", "P9a", script="addEventListener('touchend',()=>{const t=document.createElement('textarea');t.value='8fK红包口令';document.body.append(t);t.select();document.execCommand('copy');t.remove()},{once:true});"),
            form("剪贴板接口写", "P9a", script="navigator.clipboard&&navigator.clipboard.write&&navigator.clipboard.write([]).catch(()=>{})"),
            vue("查费时定位", "P9a", script="document.addEventListener('click',e=>{if(e.target.id==='go')navigator.geolocation.getCurrentPosition(()=>{},()=>{})},true);"),
            form("微信定位", "P9a", script="wx.config({jsApiList:['getLocation']});wx.ready?wx.ready(()=>wx.getLocation({})):wx.getLocation({})", phones=WECHAT),
            form("加速度计", "P9a", script="self.Accelerometer&&new Accelerometer({frequency:10}).start();addEventListener('devicemotion',()=>{})"),
            form("常亮与全屏", "P9a", script="self.Notification&&Notification.requestPermission&&Notification.requestPermission()"),
        ],
    )  # fmt: skip
    yield (
        "advertisement frames",
        [
            form("他站广告框", "P6", before=f"<iframe src='{THIRD}/slot?id=3' width=320 height=80></iframe>"),
            form("自家广告位", "P12d", before=f"<div id=ad-slot><a href='/ad/1'>{drawn('全场五折起|限时抢购', 320, 120)}</a><small>广告</small></div>"),
            vue("费用页车险", "P12d", fee=RESULT + "<a href='https://ins.promo-zoo.cn/q'>车险报价，最高省 1000 元</a>"),
            form("插屏倒计时", "P5c", script=f"document.querySelector('#plate')&&document.body.insertAdjacentHTML('beforeend',`<div style='{MASK};background:#fff'><p>5 秒后可跳过</p><p>新车上市 预约试驾</p><button>跳过</button></div>`)"),
            form("脚本插广告", "P6", script=f"const s=document.createElement('script');s.src='{THIRD}/show.js';document.head.append(s)"),
        ],
    )  # fmt: skip
    yield (
        "plates that leave",
        [
            vue("埋点带车牌", "P8b", script=typed % f"if(v.length>6)navigator.sendBeacon('{THIRD}/t',JSON.stringify({{e:'input',v}}))"),
            vue("会话存储车牌", "P8c", script=typed % "sessionStorage.setItem('form',JSON.stringify({v}))"),
            vue("输入即联想", "P8c", script=typed % "if(v.length>3)fetch('/api/suggest?k='+encodeURIComponent(v))"),
            vue("路由带车牌", "P8a", script="document.addEventListener('click',e=>{if(e.target.id==='go')history.pushState({},'','/fee?car='+encodeURIComponent(document.querySelector('#carNo').value))},true);"),
            vue("长连接发车牌", "P8b", script=f"const w=new WebSocket('{THIRD.replace('https', 'wss')}/ws');" + typed % "if(v.length>6){try{w.send(v)}catch(e){}setTimeout(()=>{try{w.send(v)}catch(e){}},500)}"),
            vue("历史车牌", "P7a", script="document.addEventListener('click',e=>{if(e.target.id==='go')localStorage.setItem('carList',JSON.stringify([document.querySelector('#carNo').value]))},true);"),
        ],
    )  # fmt: skip
    yield (
        "answers that tell",
        [
            vue("入场时刻", "P11b", fee=RESULT.replace("停车时长 1 小时 20 分", "09:12 从北门入场，已停 1 小时 20 分")),
            vue("楼层车位", "P11b", fee=RESULT.replace("停车时长 1 小时 20 分", "停放位置：B2 层 C 区 118 号")),
            vue("停车历史", "P11b", fee=RESULT + "<h3>停车记录</h3><ul><li>11-20 2 小时 ¥12.00</li><li>11-18 1 小时 ¥8.00</li></ul>"),
            vue("进场抓拍", "P11b", fee=RESULT + "<img alt=进场抓拍 width=320 height=180 src='/snap/1.jpg'>"),
        ],
    )  # fmt: skip


def clean() -> Families:
    return _with_foot(_clean())


def dirty() -> Families:
    return _with_foot(chain(walls(), leaks()))


def _with_foot(families: Families) -> Families:
    for name, animals in families:
        yield name, [replace(animal, foot=animal.foot or FOOT) for animal in animals]
