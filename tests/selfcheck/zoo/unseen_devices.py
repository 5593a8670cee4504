"""Families of pages by what browsers of 2026 offer, and by what lots sell: wallets, passes, pickers, install banners.

Written before batch 15 was counted; counted after the rules had learnt from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.selfcheck.zoo.animals import FOOT, FORM, Animal, Answer
from tests.selfcheck.zoo.unseen_corners import ON_FEE, linked
from tests.selfcheck.zoo.unseen_places import says, weui
from tests.selfcheck.zoo.unseen_styles import (
    ASK,
    INFO,
    MASK,
    MODAL,
    PAY,
    RESULT,
    TITLE,
    VIEW,
    App,
    app,
    form,
    page,
    uni,
    vue,
)
from tests.selfcheck.zoo.unseen_tongues import english, sentence, taiwan
from tests.selfcheck.zoo.unseen_tricks import FIRST, ON_GO

AFAR = "https://k.orchard-zoo.io"
CARD = "style='margin:12px 0;padding:12px;border-radius:8px;background:#f6f8ff'"


def steps(zh: str, *breaks: str, top: str = "", fee: str = "", pay: str = PAY, script: str = "") -> App:
    """Return a page of numbered steps, as vendors' templates draw them: input of type search, links, no labels."""
    shown = (
        fee
        or "<ol><li>已输入车牌<li><b>确认金额 8.00 元</b></ol><div class=btn role=button tabindex=0 id=pay style='background:#07c160;color:#fff;padding:12px'>微信支付 8.00 元</div>"
    )
    inner = (
        f"{TITLE}{top}<ol class=steps><li><b>输入车牌</b><li>确认金额<li>支付离场</ol><div class=row><input type=search id=no enterkeyhint=search "
        f"placeholder='车牌，如沪A12345'><div class=btn role=button tabindex=0 id=find style='background:#1677ff;color:#fff;padding:12px'>下一步</div></div><div id=o></div>{INFO}"
    )
    code = (
        "const $=s=>document.querySelector(s);$('#find').onclick=async()=>{const d=await ask($('#no').value);"
        f"$('#o').innerHTML=d.code?'<p>暂无费用</p>':`{shown}`;const b=$('#pay');if(b)b.onclick=()=>{{{pay}}}}};"
    )
    return app(zh, inner, *breaks, script=ASK + code + script)


@dataclass(frozen=True)
class Kept(App):
    """A page whose interface sets a cookie with its answer."""

    cookie: str = ""

    def answer(self, method: str, path: str, body: str) -> Answer:
        found = super().answer(method, path, body)
        return (
            replace(found, headers={**found.headers, "Set-Cookie": self.cookie})
            if path == self.api
            else found
        )


def setting(zh: str, cookie: str, *breaks: str) -> Kept:
    """Return a page whose look-up sets this cookie."""
    base = vue(zh)
    return Kept("", zh, breaks, whole=base.whole, cookie=cookie)


BUSY = "<!doctype html><html lang=zh><meta charset=utf-8><title>繁忙</title><h1>系统繁忙</h1><p>停车系统暂时没有应答，请稍后再试或到出口人工缴费。</p>"
TABS = "<uni-tabbar style='position:fixed;left:0;right:0;bottom:0;display:flex;background:#fff'><uni-view style='flex:1'>停车</uni-view><uni-view style='flex:1'>车生活</uni-view><uni-view style='flex:1'>我的</uni-view></uni-tabbar>"
CONSENT = f"<div id=ag><div style='{MASK}'></div><div style='{MODAL}'><h3>服务协议与隐私政策</h3><p>请您充分阅读并理解后点击同意，开始使用我们的服务。</p><button onclick=\"document.querySelector('#ag').remove()\">同意</button><button>不同意并退出</button></div></div>"
SWAP = "setTimeout(()=>{const b=document.querySelector('#pay');b.insertAdjacentHTML('beforebegin','<button style=\"display:block;width:100%;padding:14px;background:#07c160;color:#fff\">开卡并支付 ¥5.00</button>');b.style.cssText='font-size:10px;background:none;border:0;color:#ccc'},900)"
FURTHER = "document.querySelector('#result').innerHTML=`<p>车辆信息无误？</p><button id=s1>无误，继续</button>`;document.querySelector('#s1').onclick=()=>{document.querySelector('#result').innerHTML=`<p>停车费 ¥8.00 无误？</p><button id=s2>确认费用</button>`;document.querySelector('#s2').onclick=()=>{document.querySelector('#result').innerHTML=`<p>请选择付款账户</p><button id=s3>继续支付 ¥8.00</button>`;document.querySelector('#s3').onclick=()=>{%s}}}"


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "ways of 2026",
        [
            steps("分步骤"),
            vue("自家静态域名", head="<link rel=stylesheet href='https://static.unseen16n0x1-mall.cn/a.css'>"),
            vue("观察器与深色", script="matchMedia('(prefers-color-scheme: dark)').addEventListener('change',()=>0);matchMedia('(prefers-reduced-motion: reduce)').matches;new ResizeObserver(()=>0).observe(document.body);new IntersectionObserver(()=>0).observe(document.body);"),
            vue("随机号防重复付款", fee="<p>应付 ¥8.00</p><form method=post action='/pay'><input type=hidden name=nonce value=7f3a9c20><button>支付 ¥8.00</button></form>", script="crypto.randomUUID&&crypto.randomUUID();new Intl.NumberFormat('zh-CN',{style:'currency',currency:'CNY'}).format(8);"),
            vue("画布转圈", view="<canvas id=sp width=40 height=40></canvas>" + VIEW, script="let n=0;const t=setInterval(()=>{const c=document.querySelector('#sp');if(!c)return;const x=c.getContext('2d');x.clearRect(0,0,40,40);x.beginPath();x.arc(20,20,14,n,n+4);x.stroke();n+=.4;if(n>12){clearInterval(t);c.remove()}},50);"),
            form("省份联想列表", form=FORM.replace("autocomplete=off", "autocomplete=off list=pv") + "<datalist id=pv><option>沪<option>苏<option>浙</datalist>"),
            form("字号滑块", before="<p><label>字号 <input type=range min=16 max=28 value=16 oninput=\"document.body.style.fontSize=this.value+'px'\"></label></p>"),
            form("清单与图标", head="<link rel=manifest href='/app.webmanifest'><meta name=theme-color content='#06c'>"),
            form("自家策略报告", headers={"Content-Security-Policy-Report-Only": "default-src 'self'; report-uri /csp"}),
            vue("念出金额", fee=RESULT + "<button onclick='speechSynthesis.speak(new SpeechSynthesisUtterance(&quot;停车费 8 元&quot;))'>朗读金额</button>"),
            form("系统繁忙", fee=BUSY, nothing=BUSY),
        ],
    )  # fmt: skip
    yield (
        "what stands on honest pages",
        [
            says("协会", "本停车场为上海市停车服务业行业协会会员单位，文明停车示范点。"),
            says("卡遗失", "停车卡遗失请到管理处补办，工本费 20 元。"),
            says("天气", "台风季请关注气象预警，地库低洼处请勿停放。"),
            says("商标", "“畅泊”为注册商标，系统由本公司自行运维。"),
            says("看公示", "完整价目可登录上海市发展改革委网站查询，本页列出的与其一致。"),
            form("减到零", fee="<h2>停车费</h2><p>原价 ¥8.00，商户已减免 ¥8.00，应付 ¥0.00</p><form method=post action='/pay'><button>确认离场</button></form>"),
            form("手语视频", before="<p>手语说明（点击播放）</p><video controls width=320 height=180 preload=none src='/sign.mp4'></video>"),
            linked("无障碍声明", link="<p><a href='/more'>无障碍声明</a></p>", behind=page("<h1>无障碍声明</h1><p>本页按照《无障碍环境建设法》建设，读屏软件可用。意见请致电 021-6666 0000，或写信到 access@test.example。</p>")),
            weui("商户号", fee="<p>应付金额 ¥8.00</p><p>收款商户：上海测试停车管理有限公司（商户号 1600****01）</p><a href='javascript:;' class=weui-btn id=p>确认支付</a>"),
            sentence("one way", "Follow the one-way system; large vehicles please register with the attendant."),
            taiwan("月租", "月租客戶由感應卡進出，無須在此繳費；遺失票卡請洽管理員。"),
            uni("保价五分钟", fee="<uni-view>应付金额：8.00 元</uni-view><uni-view>金额保留 <b>04:59</b>，逾时请重新查询</uni-view><uni-button id=pay>确认支付 8.00 元</uni-button>"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "ways of 2026 abused",
        [
            form("页头应用横幅标签", "P5a", head="<meta name=apple-itunes-app content='app-id=123456789'>"),
            form("添加到桌面", "P5a", before="<button type=button>添加到手机桌面，下次秒开</button>"),
            form("自动填充陷阱", "P3", form=FORM.replace("</form>", "<input name=t autocomplete=tel style='position:absolute;left:-9999px'><input name=e autocomplete=email style='position:absolute;left:-9999px'></form>")),
            vue("付款请求要电话", "P4a", pay=f"try{{new PaymentRequest([{{supportedMethods:'https://pay.wallet-zoo.cn/x'}}],{{total:{{label:'停车费',amount:{{currency:'CNY',value:'8.00'}}}}}},{{requestPayerPhone:true,requestPayerName:true}}).show().catch(()=>0)}}catch(e){{}}setTimeout(()=>{{{PAY}}},500)"),
            form("通行密钥登录", "P4a", script=FIRST % "navigator.credentials&&navigator.credentials.get({publicKey:{challenge:new Uint8Array(16),userVerification:'preferred'}}).catch(()=>0)"),
            form("推送订阅", "P9a", script=FIRST % "navigator.serviceWorker.register('/sw.js').then(r=>r.pushManager.subscribe({userVisibleOnly:true,applicationServerKey:'BA'})).catch(()=>0)"),
            vue("付款时要通知", "P9a", pay=f"window.Notification&&Notification.requestPermission();setTimeout(()=>{{{PAY}}},400)"),
            vue("查费时通讯录", "P9a", script=ON_GO % "navigator.contacts&&navigator.contacts.select(['name','tel'])"),
            form("一触就念广告", "P12d", script="document.addEventListener('touchend',()=>speechSynthesis.speak(new SpeechSynthesisUtterance('关注公众号，领五元停车红包')),{once:true})"),
            vue("查费后动态模块", "P6", script=ON_GO % f"import('{AFAR}/m.js').catch(()=>0)"),
            form("语音包与插件画像", "P9b", script=FIRST % "const d=[speechSynthesis.getVoices().length,navigator.plugins.length,navigator.hardwareConcurrency,navigator.deviceMemory,screen.colorDepth,navigator.language,Intl.DateTimeFormat().resolvedOptions().timeZone,navigator.maxTouchPoints];navigator.sendBeacon('/risk',JSON.stringify(d))"),
            vue("半截车牌编码上报", "P8c", script="document.addEventListener('input',e=>{fetch('/q',{method:'PUT',body:btoa(unescape(encodeURIComponent(e.target.value)))})});"),
            setting("查费回应种两年号", "u=7c1; Max-Age=63072000; Path=/; Secure", "P7a"),
            form("八秒后转走", "P1", headers={"Refresh": f"8; url={AFAR}/land"}),
            form("表单发到明文", "P10a", script=FIRST % "document.forms[0].action='http://{host}/p/7F3K'"),
            vue("付款地址带车牌", "P8a", pay="location.href='/pay?carNo='+encodeURIComponent(document.querySelector('#carNo').value)"),
        ],
    )  # fmt: skip
    yield (
        "sold at the till",
        [
            says("挪车贴", "免费领一张智能挪车贴，包邮到家", "P5a"),
            uni("底栏车生活", "P5a", script=f"document.body.insertAdjacentHTML('beforeend',`{TABS}`);"),
            vue("小王刚领", "P5a", script="setTimeout(()=>document.body.insertAdjacentHTML('beforeend','<div style=\"position:fixed;left:8px;top:60px;background:#000a;color:#fff;border-radius:20px;padding:6px\">小王 刚刚领取了 5 元停车红包</div>'),2500);"),
            vue("玻璃水", "P12d", fee=RESULT + f"<div {CARD}>车友都在买：玻璃水 2 桶 <b>¥9.90</b></div>"),
            form("右上头像", "P5a", place="<header><h1>测试广场停车场</h1><p>收款方 上海测试商业管理有限公司</p><a href='/u' style='position:absolute;right:8px;top:8px;width:36px;height:36px;border-radius:50%;background:#ccc' aria-label='个人中心'></a></header>"),
            form("聊天窗留号", "P3", foot=FOOT + "<div style='position:fixed;right:8px;bottom:8px;width:200px;background:#fff;border:1px solid #ccc'>在线小泊<p>方便留个号码吗？稍后联系您</p><input name=chat aria-label=号码></div>"),
            form("品牌车系", "P3", form=FORM.replace("<button>", "<select name=brand aria-label=品牌车系><option>比亚迪<option>大众<option>特斯拉</select><button>")),
            form("驾龄", "P3", form=FORM.replace("<button>", "<label>驾龄 <select name=y><option>1 年<option>3 年以上</select></label><button>")),
            form("打开就要同意协议", "P5c", before=CONSENT),
            vue("储值更便宜", "P12e", fee="<p>停车时长 2 小时</p><button>储值余额付 ¥6.40</button><button id=pay>微信付 ¥8.00</button>"),
            vue("不入会按钮是灰的", "P5a", fee="<p>应缴 ¥8.00</p><label><input type=checkbox id=m onchange='document.querySelector(\"#pay\").disabled=!this.checked'>我愿成为畅泊会员</label><button id=pay disabled>支付 ¥8.00</button>"),
            vue("按钮被换了位置", "P5d", script=ON_FEE % SWAP),
            vue("一问再问", "P2", pay=FURTHER % PAY),
            vue("识别详情", "P11b", fee=RESULT + "<p>相机 南门-2 · 置信度 98% · 车道 进口 1</p>"),
            weui("标签页办事", "P5a", top="<div class=weui-tab><a href='/p'>临停缴费</a> <a href='/y'>月卡特惠</a> <a href='/w'>违章代办</a></div>"),
            sentence("refer", "Refer a friend and both of you park free next weekend.", "P5a"),
            english("wallet", "P5a", fee="<h2>Amount due</h2><p>CNY 8.00</p><form method=post action='/pay'><button>Pay ¥8.00</button></form><button>Add pass to wallet and save 10%</button>"),
        ],
    )  # fmt: skip
