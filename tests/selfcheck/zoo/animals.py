"""The pages: each is the plain page with one thing changed, and names the rules that it breaks."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs

PLATE, ABSENT = "沪Q7K319", "沪Q2M846"
PLAIN, WECHAT, ALIPAY = ("plain",), ("wechat",), ("alipay",)
STYLE = (
    "body{font:16px/1.6 sans-serif;margin:0 auto;padding:12px;max-width:30em;color:#111;background:#fff}"
    "input,button{font:inherit;min-height:44px;max-width:100%}h1{font-size:1.3em}"
)
PLACE = "<header><h1>测试广场停车场</h1><p>收款方 上海测试商业管理有限公司</p></header>"
FOOT = (
    "<footer><p>收费标准 5 元/小时</p><p>车牌只用于查询本次停车费，离场 24 小时后清除。<a href='/privacy'>隐私说明</a></p>"
    "<p>服务电话 021-5555 0100，投诉 12345</p></footer>"
)
FORM = (
    "<form method=post action='{path}'><label for=plate>车牌号</label> <input id=plate name=plate autocomplete=off>"
    " <button>查询停车费</button></form>"
)
FEE = (
    "<h2>应缴停车费</h2><p>¥8.00，停车约 2 小时</p><form method=post action='/pay'>"
    "<input type=hidden name=quote value=q1><button>支付 ¥8.00</button></form>"
)
NOTHING = "<h2>未查到需要缴纳的费用</h2><p>如道闸未开，请按求助键。</p>"
NOTICE = (
    "<h1>隐私说明</h1><p>车牌只用于查询停车费，离场 24 小时后清除，不向任何第三方提供。</p>"
    "<p>联系方式：021-5555 0100</p>"
)
TO_CASHIER = (
    "<meta http-equiv=refresh content='0;url=https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb'>"
    "<p>正在打开收银台…</p>"
)
PROTECTED = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Answer:
    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Animal:
    """One page: what is changed, and what must be found. `{path}` is the page's own path, `{host}` its host."""

    name: str
    zh: str
    breaks: tuple[str, ...] = ()
    phones: tuple[str, ...] = PLAIN
    title: str = "停车缴费"
    head: str = ""
    place: str = PLACE
    before: str = ""
    form: str = FORM
    foot: str = FOOT
    script: str = ""
    fee: str = FEE
    nothing: str = NOTHING
    owes: bool = True
    notice: str = NOTICE
    pay: str = TO_CASHIER
    after: str = ""  # what the cashier opens afterwards
    headers: dict[str, str] = field(default_factory=dict)
    unprotected: bool = False
    scheme: str = "https"
    start: str = ""  # another address on the sign
    redirect: str = ""  # where the first page sends the phone, instead of a page
    cname: str = ""  # what stat.{host} really is
    whole: str = ""  # the whole page, for those written otherwise
    labelled: str = "pure"

    @property
    def host(self) -> str:
        return f"pay.{self.name}-mall.cn"

    @property
    def url(self) -> str:
        return self.start or f"{self.scheme}://{self.host}/p/7F3K"

    def answer(self, method: str, path: str, body: str) -> Answer:
        headers = {} if self.unprotected else dict(PROTECTED)
        headers |= self.headers
        path, _, query = path.partition("?")
        if path == "/pay":
            return Answer(self._page(self.pay), headers=headers)
        if path == "/after" and self.after:
            return Answer(self._page(self.after), headers=headers)
        if path == "/privacy":
            return Answer(self._page(self.notice), headers=headers)
        if path != "/p/7F3K":
            return Answer("", 200 if method == "POST" else 404, headers)
        plate = parse_qs(body or query).get("plate", [""])[0]
        if plate:
            return Answer(self._page(self._result(plate)), headers=headers)
        if self.redirect:
            return Answer("", 302, {**headers, "Location": self.redirect})
        inner = self.before + self.form.format(path="/p/7F3K") + self.foot
        return Answer(self._page(self.whole or inner), headers=headers)

    def _result(self, plate: str) -> str:
        return (
            self.fee if self.owes and plate == PLATE else self.nothing.replace("{plate}", plate)
        ) + self.foot

    def _page(self, inner: str) -> str:
        if inner.startswith("<!doctype"):
            return inner
        script = f"<script>{self.script.replace('{host}', self.host)}</script>" if self.script else ""
        return (
            f"<!doctype html><html lang=zh><head><meta charset=utf-8><meta name=viewport content='width=device-width'>"
            f"<link rel=icon href='data:,'><title>{self.title}</title><style>{STYLE}</style>"
            f"{self.head.replace('{host}', self.host)}</head><body><main>{self.place}{inner}</main>{script}</body></html>"
        )


def _form(more: str) -> str:
    return FORM.replace("</form>", more + "</form>")


_OAUTH = "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&redirect_uri=https%3A%2F%2Fpay&scope="
_OVERLAY = "position:fixed;inset:0;background:#fff;z-index:9;text-align:center;padding-top:40%"
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
_ON_INPUT = "document.querySelector('#plate').addEventListener('input', async (e) => {{ const v = e.target.value; {} }});"

FAULTY = (
    Animal("follow", "先关注公众号才能缴费", ("P1", "P5a"), WECHAT, form="", before=f"<p>请长按识别二维码关注公众号后缴费</p><img alt=公众号二维码 src='{PIXEL}'>"),
    Animal("phonefirst", "先填手机号和验证码", ("P1", "P3", "P5a"), form="<form method=post><label>手机号 <input type=tel name=mobile></label><label>验证码 <input name=vcode></label><button>登录</button></form>"),
    Animal("userinfo", "跳转授权取昵称头像", ("P1", "P4a"), WECHAT, redirect=f"{_OAUTH}snsapi_userinfo#wechat_redirect"),
    Animal("early", "打开即静默授权", ("P1", "P4b"), WECHAT, redirect=f"{_OAUTH}snsapi_base#wechat_redirect"),
    Animal("zfbauth", "支付宝里先取用户信息授权", ("P1", "P4a"), ALIPAY, redirect="https://openauth.alipay.com/oauth2/publicAppAuthorize.htm?app_id=1&scope=auth_user"),
    Animal("profile", "调用接口取用户资料", ("P4a",), WECHAT, script="wx.getUserProfile({desc:'x'})"),
    Animal("overlayad", "开屏遮罩广告", ("P5c", "P12d"), script=f"setTimeout(() => document.body.insertAdjacentHTML('beforeend', \"<div class=ad style='{_OVERLAY}'><p>广告 车险限时报价</p><button>关闭</button></div>\"), 150)"),
    Animal("intercept", "点支付先弹会员券包", ("P2", "P5d"), fee=FEE + f"<div id=box hidden style='{_OVERLAY}'><p>开通券包本次减 5 元</p><button onclick='document.forms[0].submit()'>继续支付</button></div>", script="const f = document.forms[0]; if (f.action.endsWith('/pay')) f.onsubmit = () => { document.querySelector('#box').hidden = false; return false; }"),
    Animal("lookalike", "形似支付的领券按钮", ("P5a", "P5d"), fee=FEE + "<p><button>领券支付更优惠</button></p>"),
    Animal("steps", "缴费前多出两页确认", ("P2",), pay="<h2>请核对</h2><form method=post action='/pay2'><button>下一步</button></form>"),
    Animal("hiddenid", "表单暗藏 openid", ("P3",), form=_form("<input type=hidden name=openid value=o1>")),
    Animal("realname", "要求填写姓名", ("P3",), form=_form("<p><label>姓名 <input name=owner></label></p>")),
    Animal("tracker", "加载百度统计", ("P6",), head="<script src='https://hm.baidu.com/hm.js?1'></script>", notice=NOTICE.replace("，不向任何第三方提供", "")),
    Animal("cname", "以自家域名伪装的统计", ("P6",), head="<script src='https://stat.cname-mall.cn/collect.js'></script>", cname="hm.baidu.com"),
    Animal("webfont", "加载他站字体", ("P6",), head="<link rel=stylesheet href='https://fonts.other-cdn.cn/a.css'>", notice=NOTICE.replace("，不向任何第三方提供", "")),
    Animal("plateget", "车牌出现在网址里", ("P8a",), form=FORM.replace("method=post", "method=get")),
    Animal("plateb64", "车牌经 base64 发给第三方", ("P6", "P8b"), script=_ON_INPUT.format("fetch('https://t.collect-zoo.cn/c?d=' + btoa(unescape(encodeURIComponent(JSON.stringify({p: v})))))"), notice=NOTICE.replace("，不向任何第三方提供", "")),
    Animal("platehash", "车牌哈希后发给第三方", ("P6", "P8b"), script=_ON_INPUT.format("const d = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(v)); fetch('https://t.collect-zoo.cn/h', {method: 'POST', body: [...new Uint8Array(d)].map((b) => b.toString(16).padStart(2, '0')).join('')})"), notice=NOTICE.replace("，不向任何第三方提供", "")),
    Animal("keystrokes", "逐字上报输入", ("P8c",), script=_ON_INPUT.format("fetch('/log', {method: 'POST', body: v})")),
    Animal("remembers", "把车牌存进浏览器", ("P7a", "P8c"), script=_ON_INPUT.format("localStorage.setItem('last', v)")),
    Animal("cookiewall", "Cookie 同意墙", ("P5c", "P7a"), before=f"<div role=dialog aria-label=提示 style='{_OVERLAY}'><p>我们使用 Cookie 改善体验</p><button type=button onclick='this.parentNode.remove()'>同意并继续</button></div>", script="document.cookie = 'vid=1; max-age=31536000'", notice=NOTICE),
    Animal("session", "设置会话 Cookie", ("P7b",), headers={"Set-Cookie": "sid=abc; Path=/; HttpOnly"}),
    Animal("visitorid", "本地存储访客号", ("P7a",), script="localStorage.setItem('visitor', 'v-1')"),
    Animal("preticked", "预先勾选券包", ("P5b",), fee=FEE.replace("<button>", "<label><input type=checkbox name=pack checked>加购洗车服务包</label> <button>")),
    Animal("dearer", "非会员多收服务费", ("P5a", "P12e"), fee=FEE.replace("停车约 2 小时", "非会员加收 2 元")),
    Animal("membercode", "会员码冒充纯净码", ("P5a", "P14"), title="会员中心", before="<h2>会员登录后缴费</h2>"),
    Animal("locates", "索要定位", ("P9a",), script="navigator.geolocation.getCurrentPosition(() => {}, () => {})"),
    Animal("clipboard", "读取剪贴板", ("P9a",), script="navigator.clipboard && navigator.clipboard.readText().catch(() => {})"),
    Animal("canvas", "画布指纹", ("P9b",), script="const c = document.createElement('canvas'); c.width = 240; c.height = 60; c.getContext('2d').fillText('purecode zoo', 2, 20); c.toDataURL()"),
    Animal("recorder", "录制操作并上报", ("P9b",), script="for (const n of ['mousemove', 'touchmove', 'scroll', 'keydown', 'click']) document.addEventListener(n, () => {}); navigator.sendBeacon('/r', 'events')"),
    Animal("plainhttp", "未使用 HTTPS", ("P10a",), scheme="http"),
    Animal("bareheaders", "没有安全响应头", ("P10b",), unprotected=True),
    Animal("oracle", "不在场的车牌答复不一", ("P11a",), owes=False, nothing="<h2>未查到需要缴纳的费用</h2><p id=a></p>"),
    Animal("tellsall", "透露入场时间和车位", ("P11b",), fee=FEE.replace("停车约 2 小时", "入场时间 09:12，车位号 B2-118")),
    Animal("nameless", "不写收款方", ("P12a",), place="<header><h1>测试广场停车场</h1></header>"),
    Animal("priceless", "不写收费标准", ("P12b",), foot=FOOT.replace("收费标准 5 元/小时", "欢迎光临")),
    Animal("phoneless", "没有服务电话", ("P12c",), foot=FOOT.replace("服务电话 021-5555 0100，投诉 12345", "祝您一路平安")),
    Animal("banner", "页面横幅广告", ("P12d",), before=f"<a class=banner href='https://shop.promo-zoo.cn/x'><img alt=新车试驾 width=300 height=60 src='{PIXEL}'></a>"),
    Animal("unlabelled", "输入框没有标签", ("P13a",), form=FORM.replace("<label for=plate>车牌号</label>", "")),
    Animal("scriptonly", "离开脚本就不能用", ("P13b",), ("plain", "no-script"), form="<div id=app></div>", script="if (document.querySelector('#app')) document.querySelector('#app').innerHTML = `" + FORM.format(path="/p/7F3K") + "`"),
    Animal("clipped", "大字号时文字被截断", ("P13c",), before="<div style='height:28px;overflow:hidden;white-space:nowrap'>请在离场前完成缴费，谢谢配合</div>"),
    Animal("noticeless", "没有隐私说明", ("P15a",), foot=FOOT.replace("<a href='/privacy'>隐私说明</a>", "")),
    Animal("thinnotice", "隐私说明不写期限", ("P15a",), notice="<h1>隐私说明</h1><p>车牌只用于查询停车费。联系电话见现场。</p>", foot=FOOT),
    Animal("lying", "说明与实测不符", ("P6", "P15b"), head="<script src='https://c.umeng.com/a.js'></script>"),
    Animal("shortlink", "经他站短链跳转", ("P1",), start="https://short-zoo.cn/a"),
    Animal("scheme", "打开即跳应用", ("P1",), script="setTimeout(() => { location.href = 'mallapp://open/park' }, 50)"),
    Animal("alerts", "弹系统对话框", ("P5c",), script="alert('欢迎光临测试广场')"),
    Animal("cloaks", "对自动化浏览器隐去引导", ("P5a", "P16"), before="<p id=c></p>", script="if (!navigator.webdriver) document.querySelector('#c') && (document.querySelector('#c').innerHTML = '<button type=button>关注公众号领券</button>')"),
    Animal("popup", "弹出新页面", ("P5c",), script="window.open('/privacy')"),
)  # fmt: skip

_CARD = "<article><h2>今日须知</h2><p>收费标准 每小时 6 元，30 分钟内免费停放。</p><p>经营者：测试物业有限公司，电话 400-820-0000</p><p>个人信息说明：只用车牌查费，保存 24 小时后删除，联系 400-820-0000。无需关注，不用注册，不收集手机号。</p></article>"
CLEAN = (
    Animal("cleanform", "普通表单，无脚本", phones=("wechat", "plain", "no-script")),
    Animal("cleanajax", "脚本查费，稍后在原页显示", phones=("wechat", "plain", "no-script"), script="const f = document.forms[0]; if (f && f.action.endsWith('7F3K')) f.onsubmit = async (e) => { e.preventDefault(); const r = await fetch(f.action, {method: 'POST', body: new URLSearchParams(new FormData(f))}); const t = await r.text(); await new Promise((go) => setTimeout(go, 700)); document.querySelector('main').innerHTML = new DOMParser().parseFromString(t, 'text/html').querySelector('main').innerHTML; }"),
    Animal("cleanboxes", "八个方格输入车牌", phones=("plain", "alipay"), form="<form method=post action='{path}'><fieldset><legend>车牌号</legend>" + "".join(f"<input class=box aria-label='第{n}位' maxlength=1 size=1 style='width:2em'>" for n in range(1, 9)) + "</fieldset><input type=hidden name=plate><button>查询停车费</button></form>", script="const f = document.forms[0]; if (f && f.plate) f.onsubmit = () => { f.plate.value = [...document.querySelectorAll('.box')].map((b) => b.value).join(''); }"),
    Animal("cleanlists", "省份、字母下拉，其余手填", form="<form method=post action='{path}'><p>号牌</p><select name=a aria-label=省份><option>京<option>沪<option>苏<option>浙<option>皖</select><select name=b aria-label=字母><option>A<option>B<option>C<option>P<option>Q</select><input name=c aria-label=序号 maxlength=6 size=6><input type=hidden name=plate><button>查询停车费</button></form>", script="const f = document.forms[0]; if (f && f.plate) f.onsubmit = () => { f.plate.value = f.a.value + f.b.value + f.c.value; }", fee=FEE.replace("支付 ¥8.00</button>", "缴讫放行</button>")),
    Animal("cleanunseen", "画出的方格，上面盖着看不见的输入框", form="<form method=post action='{path}'><p>车牌号</p><div style='position:relative;display:flex;gap:4px'>" + "<span class=box style='width:34px;height:44px;border:1px solid #555'></span>" * 7 + "<input id=unseen name=plate aria-label=车牌号 autocomplete=off style='position:absolute;inset:0;opacity:0'></div><button>查询停车费</button></form>", script="const i = document.querySelector('#unseen'); if (i) i.oninput = () => document.querySelectorAll('.box').forEach((b, n) => { b.textContent = i.value[n] || ''; })"),
    Animal("cleanbeside", "省份画在输入框前，点开选择；首页另有“缴费”页签", before="<p><button type=button>缴费</button></p>", form="<form method=post action='{path}'><b id=pv style='cursor:pointer'>京</b><input name=c maxlength=7 placeholder='车牌 A12345'><input type=hidden name=plate><button>查询停车费</button></form>", script="const f = document.forms[0]; if (f && f.c) { const pv = document.querySelector('#pv'); f.onsubmit = () => { f.plate.value = pv.textContent + f.c.value; }; pv.onclick = () => { const keys = document.createElement('p'); keys.innerHTML = [...'京津沪渝冀豫云辽黑湘皖鲁新苏浙'].map((k) => `<span>${k}</span>`).join(' '); keys.onclick = (e) => { pv.textContent = e.target.textContent; keys.remove(); }; f.append(keys); }; }"),
    Animal("cleanpaynow", "一个按钮直达收银台", phones=("wechat", "plain"), form="<form method=post action='{path}'><label for=p>号牌</label> <input id=p name=plate placeholder='如 沪A12345'> <button>立即缴费</button></form>", fee="<h2>停车费</h2><p>¥8.00</p><p><a href='https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?x=1'>去支付</a></p>"),
    Animal("cleancard", "内联说明，微信内拉起支付", phones=("wechat",), place="", before="<h1>测试医院停车场</h1>" + _CARD, foot="", fee="<p>应付 ¥8.00</p><button onclick=\"WeixinJSBridge.invoke('getBrandWCPayRequest', {package: 'prepay_id=1'}, () => {})\">微信支付 ¥8.00</button>" + _CARD),
)  # fmt: skip
ANIMALS = {animal.name: animal for animal in (*FAULTY, *CLEAN)}
