"""Families of pages that offend, or only look odd, in corners: other moments, links, answers, old markup.

Written after links, timers and cancelled payments were followed, and counted before any rule was changed for them.
"""

from collections.abc import Iterator

from tests.selfcheck.zoo.animals import FEE, FOOT, FORM, WECHAT, Animal
from tests.selfcheck.zoo.unseen_places import weui
from tests.selfcheck.zoo.unseen_styles import (
    INFO,
    MASK,
    MODAL,
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
from tests.selfcheck.zoo.unseen_tricks import FIRST, TYPED, answering, code, picture

OTHER = "https://s.growth-zoo.com"
PLAIN_PHOTO = picture("")
ON_FEE = "new MutationObserver((_,o)=>{if(document.querySelector('#pay')){o.disconnect();%s}}).observe(document.querySelector('#app'),{childList:true,subtree:true});"


def layer(inner: str) -> str:
    """Return a script that lays a mask and a box over the page."""
    return f"document.body.insertAdjacentHTML('beforeend',`<div style='{MASK}'></div><div style='{MODAL};height:340px'>{inner}</div>`)"


def linked(zh: str, *breaks: str, link: str, behind: str) -> App:
    """Return a page with one more link, and the page behind it."""
    inner = TITLE + link + FORM.format(path="/p/7F3K") + INFO
    return app(zh, inner, *breaks, more=(("/more", behind),))


def old(zh: str, rows: str = "", script: str = "") -> App:
    """Return a page as they were written twenty years ago: tables, fonts, an image as button."""
    inner = (
        "<table width=100% bgcolor=#336699><tr><td><font color=white size=4><b>市立第三医院停车收费系统</b></font></table>"
        f"<form name=form1 method=post action='/p/7F3K' onsubmit='return check()'><table border=1 width=100%>{rows}"
        "<tr><td>车牌号码：<td><input type=text name=plate size=12><tr><td colspan=2 align=center>"
        "<input type=submit value=' 查 询 '> <input type=reset value=' 重 填 '></table></form>"
        "<table><tr><td>收费单位：市立第三医院后勤服务有限公司<br>收费标准：每小时 4 元，每日最高 30 元<br>咨询电话 0512-6555 0000"
        "<br><a href='/privacy'>个人信息处理说明</a></table>"
    )
    check = "function check(){if(document.form1.plate.value==''){return false}return true}" + script
    return app(zh, inner, script=check)


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "old and plain",
        [
            old("表格排版"),
            old("表格里的门诊须知", "<tr><td>须知<td>门诊患者首小时免费，凭挂号单到收费窗口办理"),
            old("滚动字幕", "<tr><td colspan=2><marquee>发热患者请走东门，急救通道严禁停车</marquee>"),
            form("公园", place="<header><h1>滨河公园停车场</h1><p>收款方 滨河公园管理处</p></header>", before="<p>开园 6:00–21:00，请勿烧烤、垂钓；游船售票请到码头。</p>"),
            form("整张价目表", before="<table>" + "".join(f"<tr><td>{kind}<td>{price} 元/小时" for kind, price in (("小型车", 5), ("中型车", 8), ("大型车", 12), ("摩托车", 1), ("新能源车充电期间", 2), ("残疾人车辆", 0))) + "</table><p>不足 15 分钟不计；跨日重新计算；公示日期 2026-01-01；批准文号 沪发改价〔2026〕1 号</p>"),
            form("黑底", head="<style>body{background:#000!important;color:#eee!important}a{color:#8cf}</style>"),
            form("一票一码", before="<p>没有车牌的车辆请输入取票机上的票号。</p>", form=FORM.replace("</form>", "<p><label>票号 <input name=ticket></label></p></form>")),
        ],
    )  # fmt: skip
    yield (
        "late and moving",
        [
            vue("3.4 秒才出来", delay=3400),
            vue("费用倒计时", script=ON_FEE % "const t=document.createElement('p');document.querySelector('#result').append(t);let s=300;setInterval(()=>{t.textContent='费用在 '+(--s)+' 秒内有效'},1000)"),
            vue("十五秒后刷新金额", script=ON_FEE % "setTimeout(()=>{const b=document.querySelector('.van-card');if(b)b.insertAdjacentHTML('beforeend','<p>金额已按最新时长更新</p>')},9000)"),
            vue("打开时的加载层", script=f"document.body.insertAdjacentHTML('beforeend',`<div id=l style='{MASK};color:#fff'>加载中…</div>`);setTimeout(()=>document.querySelector('#l').remove(),1900);"),
            form("断网提示条", script="addEventListener('offline',()=>document.body.insertAdjacentHTML('beforeend','<div id=o style=\"position:fixed;left:0;right:0;top:0;height:300px;background:#fee\">网络不可用，请检查后重试</div>'));addEventListener('online',()=>{const o=document.querySelector('#o');o&&o.remove()})"),
            form("回到页面时刷新", script="document.addEventListener('visibilitychange',()=>{if(!document.hidden&&document.querySelector('h2'))document.title='停车缴费'})"),
            vue("取消支付后可再付", pay="WeixinJSBridge.invoke('getBrandWCPayRequest',{},()=>{document.querySelector('#result').insertAdjacentHTML('beforeend','<p>支付未完成，未扣款，可重新支付</p>')})", phones=WECHAT),
        ],
    )  # fmt: skip
    yield (
        "odd but needed",
        [
            linked("常见问题", link="<p><a href='/more'>常见问题</a></p>", behind=page("<h1>常见问题</h1><p>为什么查不到车？请核对车牌。</p><p>会员需要另扫会员码，缴费不需要会员。</p><p>发票：付款后在本页申请。</p>")),
            linked("收费公示", link="<p><a href='/more'>收费公示</a></p>", behind=page("<h1>收费公示</h1><p>首小时 8 元，之后每小时 6 元</p><img alt='收费公示牌照片' width=320 height=200 src='" + picture("机动车停放服务收费公示牌|首小时 8 元") + "'>")),
            linked("投诉表单", link="<p><a href='/more'>投诉建议</a></p>", behind=page("<h1>投诉建议</h1><form method=post><label>内容 <textarea name=t></textarea></label><label>联系电话（选填） <input name=tel></label><button>提交</button></form>")),
            form("开票说明", fee=FEE + "<p>付款后可下载 PDF 收据或申请电子发票</p>"),
            form("朗读按钮", fee=FEE + "<button type=button onclick=\"speechSynthesis.speak(new SpeechSynthesisUtterance('应缴停车费八元'))\">朗读金额</button>"),
            form("只缓存的工作线程", script="navigator.serviceWorker&&navigator.serviceWorker.register('/sw.js').catch(()=>{})"),
            form("表单令牌", form=FORM.replace("</form>", "<input type=hidden name=csrf value=k9f3><input type=hidden name=lot value=7F3K></form>")),
            form("备案图标", foot=FOOT + "<p><a href='https://beian.mps.gov.cn/#/query/webSearch?code=1'><img alt='' width=18 height=20 src='data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='>沪公网安备 31000000000000 号</a></p>"),
            form("平面图", before=drawn("A 区 B 区|出口 → 东门", 330, 170)),
            form("新能源开关", form=FORM.replace("<button>", "<label><input type=checkbox name=green> 新能源车</label> <button>")),
            weui("选停车场", top="<select aria-label=停车场><option>A 馆停车场<option>B 馆停车场</select>"),
            uni("语言弹层", before=f"<uni-view style='cursor:pointer' onclick='document.querySelector(`#l`).hidden=false'>语言</uni-view><div id=l hidden style='{SHEET};height:320px'><p>请选择语言</p><button>简体中文</button><button>English</button></div>"),
            form("银行收单内嵌收银台", pay="<h2>请完成付款</h2><iframe src='https://qr.shouqianba.com/gateway?x=1' width=340 height=420 title=收银台></iframe>"),
            form("台式繁體發票", place="<header><h1>測試廣場停車場</h1><p>收款方：測試管理股份有限公司</p></header>", form=FORM.replace("车牌号", "車牌號碼").replace("查询停车费", "查詢停車費"), fee=FEE.replace("停车约 2 小时", "停車約 2 小時；發票於付款後開立")),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "later than one waits",
        [
            vue("看费用时弹保养", "P5c", script=ON_FEE % ("setTimeout(()=>" + layer("<p>您的爱车该保养了</p><button>去看看</button>") + ",900)")),
            form("十二秒后弹", "P5c", script=FIRST % ("setTimeout(()=>" + layer("<p>周末亲子嘉年华</p><button>了解一下</button>") + ",12000)")),
            form("数到九才弹", "P5c", script=FIRST % ("let n=0;setInterval(()=>{if(++n===9)" + layer("<p>停车抽好礼</p><button>试试手气</button>") + "},1000)")),
            vue("取消支付就挽留", "P5c", pay="WeixinJSBridge.invoke('getBrandWCPayRequest',{},()=>{" + layer("<p>送您 3 元停车券，再想想</p><button>领取并支付</button>") + "})", phones=WECHAT),
            form("离开时改标题", "P5a", script="document.addEventListener('visibilitychange',()=>{document.title=document.hidden?'别走！请先领取停车券':'停车缴费'})"),
            form("回来时弹", "P5c", script="document.addEventListener('visibilitychange',()=>{if(!document.hidden)" + layer("<p>欢迎回来，送您一张咖啡券</p><button>收下</button>") + "})"),
            form("再来就劝绑车", "P7a", before="<p id=w></p>", script="if(document.querySelector('#w')){if(localStorage.t)document.querySelector('#w').textContent='欢迎回来，绑定车牌免输入';localStorage.t=Date.now()}"),
            form("横屏才露面", "P5a", head="<style>.h{display:none}@media (orientation:landscape){.h{display:block}}</style>", before="<p class=h>请先关注公众号再缴费</p>"),
            form("英文版才劝", "P5a", before="<p><a href='/p/7F3K?lang=en'>English</a></p><p id=e></p>", script="if(location.search.includes('en')&&document.querySelector('#e'))document.querySelector('#e').innerHTML='<button type=button>Join our membership</button>'"),
        ],
    )  # fmt: skip
    yield (
        "behind plain names",
        [
            linked("首页是商城", "P5a", link="<p><a href='/more'>首页</a></p>", behind=page("<h1>测试天地</h1><p>注册会员领 20 元停车券</p><button>立即注册</button>")),
            linked("须知是下载", "P5a", link="<p><a href='/more'>停车须知</a></p>", behind=page("<h1>下载测试停车 App</h1><p>请下载 App 查看须知</p><a href='/a.apk'>立即下载</a>")),
            linked("客服转他站", "P5a", link="<p><a href='/more'>联系客服</a></p>", behind=page("", f"location.href='{OTHER}/chat'")),
            form("更多里是企微", "P5a", before=f"<button type=button id=m>更多</button><div id=s hidden style='{SHEET};height:330px'><p>扫码添加停车管家</p>{code('https://work.weixin.qq.com/ca/cawcde1')}</div>", script="const m=document.querySelector('#m');if(m)m.onclick=()=>{document.querySelector('#s').hidden=false}"),
            form("折起来的小贴士", "P5a", before="<details><summary>停车小贴士</summary><p>加入车友微信群，每周领停车券</p></details>"),
            linked("说明页弹广告", "P5a", link="<p><a href='/more'>收费说明</a></p>", behind=page(f"<p>首小时 8 元</p><div style='{MASK}'></div><div role=dialog style='{MODAL};height:360px'><p>入会立享 8 折</p><button>立即入会</button></div>")),
        ],
    )  # fmt: skip
    yield (
        "things that act without words",
        [
            form("照片一点就走", "P12d", before=f"<img id=ph alt='' width=330 height=150 src='{PLAIN_PHOTO}'>", script="const i=document.querySelector('#ph');i&&i.addEventListener('click',()=>{location.href='/shop'})"),
            form("自动播放的影片", "P12d", before="<video autoplay muted loop playsinline width=320 height=160 src='/promo.mp4'></video>"),
            form("礼物浮标", "P5a", before="<a href='/lucky' style='position:fixed;right:8px;bottom:90px;font-size:40px;text-decoration:none'>🎁</a>"),
            form("画出来的转盘", "P12d", before="<canvas id=wh width=300 height=300></canvas>", script="const c=document.querySelector('#wh');if(c){const g=c.getContext('2d');for(let i=0;i<8;i++){g.fillStyle=i%2?'#e33':'#fc3';g.beginPath();g.moveTo(150,150);g.arc(150,150,140,i*.785,(i+1)*.785);g.fill()}c.addEventListener('click',()=>{location.href='/wheel'})}"),
            form("内嵌页里的海报", "P12d", before="<iframe width=340 height=180 srcdoc=\"<img alt='' width=320 height=160 src='" + picture("贴膜特惠|原价 999 现价 199") + "'>\"></iframe>"),
            form("分享面板", "P5a", script="addEventListener('touchend',()=>{navigator.share&&navigator.share({title:'停车',url:location.href}).catch(()=>{})},{once:true})"),
            form("触摸即全屏", "P5c", script="addEventListener('click',()=>{document.documentElement.requestFullscreen&&document.documentElement.requestFullscreen().catch(()=>{})},{once:true})"),
        ],
    )  # fmt: skip
    yield (
        "kept and sent",
        [
            form("窗口名里的车牌", "P8c", script=TYPED % "window.name=v"),
            form("历史状态里的车牌", "P8c", script=TYPED % "history.replaceState({p:v},'')"),
            form("自家日志收机型", "P9b", script=FIRST % "fetch('/log',{method:'POST',body:JSON.stringify({ua:navigator.userAgent,w:screen.width,h:screen.height})})"),
            form("离开时报给别家", "P6", script=f"document.addEventListener('visibilitychange',()=>{{document.hidden&&navigator.sendBeacon('{OTHER}/v','1')}})"),
            answering("接口里没名字的时刻", '{"code":0,"amount":800,"a":"2026-11-27 08:12:33","b":"/snap/2026/1127/77.jpg"}', "P11b"),
            form("属性里的入场时间", "P11b", fee=FEE.replace("<h2>", "<h2 data-in='2026-11-27 08:12:33'>")),
            form("角标", "P9a", script="navigator.setAppBadge&&navigator.setAppBadge(1).catch(()=>{})"),
            form("长期存储", "P9a", script="navigator.storage&&navigator.storage.persist&&navigator.storage.persist()"),
        ],
    )  # fmt: skip
    yield (
        "money and choices",
        [
            form("职业", "P3", form=FORM.replace("<button>", "<select name=job aria-label=您的职业><option>职员<option>教师<option>医生</select> <button>")),
            form("愿收活动短信", "P3", form=FORM.replace("<button>", "<label><input type=checkbox name=sms> 愿意接收商场活动短信</label> <button>")),
            vue("预选意外险", "P5b", fee="<p>¥8.00</p><label><input type=radio name=k checked>¥9.00 含 1 元出行意外险</label><label><input type=radio name=k>¥8.00</label><button id=pay>支付 ¥9.00</button>"),
            vue("多出平台费", "P12e", fee="<p>停车费 ¥8.00</p><p>平台服务费 ¥1.00</p><button id=pay>支付 ¥9.00</button>"),
            vue("结果下推餐馆", "P12d", fee=RESULT + "<p>附近美食：巴蜀鱼庄，停车用户到店送凉菜</p>"),
            vue("查询时放海报", "P12d", script=f"document.addEventListener('click',e=>{{if(e.target.id==='go')document.body.insertAdjacentHTML('beforeend',`<div style='{MASK}'><img alt='' width=330 height=300 src='{picture('新楼盘开盘|首付 10 万起')}'></div>`)}},true);"),
            form("付款前授权昵称", "P4a", pay="<meta http-equiv=refresh content='0;url=https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&scope=snsapi_userinfo&redirect_uri=x#wechat_redirect'>", phones=WECHAT),
            form("输完先去会员页", "P5a", fee="<h2>尊敬的车主</h2><p>完善资料后查看费用</p><button>去完善</button>"),
        ],
    )  # fmt: skip
