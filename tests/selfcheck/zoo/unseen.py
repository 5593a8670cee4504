"""Families of pages that were written after the rules, and without trying them: they are counted.

One half is shown when it is counted, and what went wrong there is mended as a class, never by the page. The
other half says what that was worth.
"""

from collections.abc import Iterator
from dataclasses import replace

from tests.selfcheck.zoo.animals import FEE, FORM, PIXEL, Animal

OTHER = "https://s.datahub-zoo.cn"
ON_INPUT = "const p=document.querySelector('#plate');p&&p.addEventListener('input',()=>{const v=p.value;if(v.length<7)return;%s});"
FIRST = "if(document.querySelector('#plate')){%s}"
PICTURE = f"<img alt='%s' width=320 height=180 src='{PIXEL}'>"
BOX = "position:fixed;left:24px;right:24px;top:90px;height:340px;background:#fff;z-index:9"


def text(words: str, *breaks: str) -> Animal:
    return Animal("", words, breaks, before=f"<p>{words}</p>")


def fee(zh: str, markup: str, *breaks: str, script: str = "") -> Animal:
    return Animal("", zh, breaks, fee=markup, script=script)


def first(zh: str, markup: str, *breaks: str, script: str = "") -> Animal:
    return Animal("", zh, breaks, before=markup, script=script)


def script(zh: str, code: str, *breaks: str) -> Animal:
    return Animal("", zh, breaks, script=code)


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "notices",
        [
            text("扫码缴费后请在 15 分钟内驶离，超时将重新计费。"),
            text("新能源车主请到 B1 充电区，充电费另计。"),
            text("如遇道闸未抬杆，请按呼叫按钮联系值班员。"),
            text("本场已开通 ETC，持卡车辆可走专用车道。"),
            text("会员停车优惠请到商场服务台办理，与本页缴费无关。"),
            text("谨防贴码诈骗，请核对收款方名称后再付款。"),
            text("电子发票凭缴费凭证码开具，发送到您填写的邮箱。"),
            text("需要纸质小票的，请到 B1 岗亭领取。"),
            text("停车券由商户在消费时直接发放，不在本页领取。"),
            text("夜间 22:00 至次日 6:00 限时优惠，5 元/次。"),
            text("首次使用？输入车牌即可，不需要任何账号。"),
            text("军车、警车、消防车免费停放。"),
            text("Enter your plate. No account or phone number is needed."),
            text("注册登记为本场月租的车辆自动放行。"),
        ],
    )
    yield (
        "layouts",
        [
            Animal(
                "",
                "省份下拉框",
                form="<form method=post action='{path}'><label>省份 <select name=prov><option>沪<option>京</select></label> <label>车牌号 <input id=plate name=plate autocomplete=off></label> <button>查询停车费</button></form>",
            ),
            Animal(
                "",
                "车牌颜色单选",
                form=FORM.replace(
                    "</form>",
                    "<fieldset><legend>号牌颜色</legend><label><input type=radio name=color value=b checked>蓝牌</label><label><input type=radio name=color value=g>绿牌</label></fieldset></form>",
                ),
            ),
            Animal(
                "",
                "固定底栏支付",
                fee=FEE.replace(
                    "<form",
                    "<form style='position:fixed;left:0;right:0;bottom:0;height:64px;background:#fff'",
                ),
            ),
            Animal(
                "",
                "整页固定容器",
                before="<div style='position:fixed;inset:0;overflow:auto;background:#fff;padding:12px'>",
            ),
            Animal(
                "",
                "票号也可查",
                form=FORM.replace("</form>", "<p><label>无牌车票号 <input name=ticket></label></p></form>"),
            ),
            script(
                "启动转圈",
                FIRST
                % "const d=document.createElement('div');d.style='position:fixed;inset:0;background:#fff';document.body.append(d);setTimeout(()=>d.remove(),1500)",
            ),
            script(
                "JSON 接口",
                FIRST
                % "document.forms[0].onsubmit=async e=>{e.preventDefault();const r=await fetch('/p/7F3K',{method:'POST',body:new URLSearchParams(new FormData(e.target))});const t=await r.text();document.querySelector('main').innerHTML=new DOMParser().parseFromString(t,'text/html').querySelector('main').innerHTML}",
            ),
            Animal(
                "",
                "div 做的按钮",
                form=FORM.replace(
                    "<button>查询停车费</button>",
                    "<div role=button tabindex=0 style='cursor:pointer' onclick='this.closest(`form`).submit()'>查询停车费</div>",
                ),
            ),
            first("语言切换", "<nav><a href='/p/7F3K/en'>English</a> <a href='/p/7F3K/hant'>繁體</a></nav>"),
            first("客服电话按钮", "<a href='tel:02155550100' role=button>一键呼叫值班员</a>"),
            first(
                "备案链接",
                f"<p><a href='https://beian.miit.gov.cn/'>沪ICP备12345678号</a> <a href='https://beian.mps.gov.cn/#/query'><img alt=公安备案图标 width=20 height=20 src='{PIXEL}'>沪公网安备 31010602000001号</a></p>",
            ),
            first("本站地图", f"<p><a href='/map'>{PICTURE % '停车场平面图'}</a></p>"),
            first(
                "常见问题",
                "<details><summary>忘记车牌怎么办？</summary><p>按岗亭对讲，值班员可协助查询。</p></details>",
            ),
        ],
    )
    yield (
        "fees",
        [
            fee(
                "弹框里的费用",
                f"<dialog open style='{BOX}'>{FEE}<button type=button>取消</button></dialog>",
            ),
            fee(
                "倒计时",
                FEE + "<p id=c>费用 300 秒内有效</p>",
                script="const c=document.querySelector('#c');c&&setInterval(()=>{c.textContent='费用 '+(Date.now()%300)+' 秒内有效'},1000)",
            ),
            fee("另有欠费", FEE.replace("停车约 2 小时", "停车约 2 小时，另有本场欠费 1 笔 ¥5.00")),
            fee("商户减免", FEE.replace("停车约 2 小时", "停车约 2 小时，商户优惠减免 ¥2.00")),
            fee(
                "选择支付方式",
                "<h2>应缴 ¥8.00</h2><form method=post action='/pay'><label><input type=radio name=c checked>微信支付</label><label><input type=radio name=c>支付宝</label><button>确认支付 ¥8.00</button></form>",
            ),
            fee("开票入口", FEE + "<p><a href='/invoice'>缴费后开具电子发票</a></p>"),
            fee("先请核对", FEE.replace("<h2>", "<p>请核对车牌与金额</p><h2>")),
            Animal(
                "",
                "脚本跳收银台",
                pay="<p>正在打开收银台…</p><script>setTimeout(()=>{location.href='https://mclient.alipay.com/home/exterfaceAssign.htm'},400)</script>",
            ),
            Animal("", "月租车", owes=False, nothing="<h2>该车为月租车，无需缴费</h2>"),
        ],
    )


def prompts() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "prompt words",
        [
            text("关注“测试广场”视频号，抽取免费停车", "P5a"),
            first("企微好友", f"<p>扫一扫加企微好友，停车立减 3 元</p>{PICTURE % '企业微信二维码'}", "P5a"),
            first("无感支付", "<button type=button>开通无感支付，离场不用停</button>", "P5a"),
            first("PLUS 会员", "<button type=button>成为 PLUS 会员享 8 折</button>", "P5a"),
            first("绑定车牌", "<a href='/bind'>绑定车牌享优惠</a>", "P5a"),
            first("一键登录", "<button type=button>本机号码一键登录</button>", "P5a"),
            text("加入车主群，每天领停车券", "P5a"),
            first("时长", "<button type=button>0 元领取停车时长</button>", "P5a"),
            first("积分", "<a href='/points'>登录查看可抵扣积分</a>", "P5a"),
            first(
                "浮标",
                "<a href='/gz' style='position:fixed;right:0;bottom:120px;background:#fa0'>关注有礼</a>",
                "P5a",
            ),
            first(
                "头像昵称",
                "<label><input type=checkbox> 授权微信头像昵称，下次免输车牌</label><button type=button>去授权</button>",
                "P5a",
            ),
            first("繁体", "<button type=button>加入會員即享停車優惠</button>", "P5a"),
            first("English", "<button type=button>Join now and save 20%</button>", "P5a"),
            text("注册即送 2 小时免费停车", "P5a"),
            text("使用 App 缴费立减 2 元，点此打开测试广场 App", "P5a"),
            fee("办卡", FEE + "<button type=button>办理停车月卡更划算</button>", "P5a"),
        ],
    )
    yield (
        "drawn prompts",
        [
            first(
                "画布",
                "<canvas id=k width=320 height=160></canvas>",
                "P5a",
                script="const k=document.querySelector('#k');if(k){const x=k.getContext('2d');x.font='20px sans-serif';x.fillText('关注公众号领停车券',10,60)}",
            ),
            first(
                "矢量图",
                "<svg width=320 height=120><text x=8 y=60 font-size=20>请先关注公众号再缴费</text></svg>",
                "P5a",
            ),
            Animal(
                "",
                "伪元素",
                ("P5a",),
                head="<style>.m::after{content:'注册会员 立减五元'}</style>",
                before="<div class=m></div>",
            ),
            first("海报", f"<a href='/member'>{PICTURE % '新人礼包 注册会员领 20 元停车券'}</a>", "P5a"),
        ],
    )
    box = "document.body.insertAdjacentHTML('beforeend',`<div style='%s'>%s</div>`)"
    yield (
        "boxes",
        [
            script(
                "订阅消息",
                FIRST
                % (box % (BOX, "<p>允许发送停车消息提醒</p><button>允许</button><button>拒绝</button>")),
                "P5c",
            ),
            script(
                "优惠弹窗",
                FIRST
                % (
                    "setTimeout(()=>{"
                    + box % (BOX, "<p>恭喜获得 5 元停车红包</p><button>立即使用</button>")
                    + "},2000)"
                ),
                "P5c",
            ),
            script(
                "问卷",
                FIRST % (box % (BOX, "<p>请为本次停车体验打分</p><button>提交</button>")),
                "P5c",
            ),
            script(
                "焦点时",
                "const p=document.querySelector('#plate');p&&p.addEventListener('focus',()=>{"
                + box % (BOX, "<p>登录后可自动填写车牌</p><button>去登录</button>")
                + "},{once:true})",
                "P5c",
            ),
            script(
                "下滑时",
                FIRST
                % (
                    "document.querySelector('main').insertAdjacentHTML('beforeend','<p style=height:1500px>须知</p>');addEventListener('scroll',()=>{"
                    + box % (BOX, "<p>下载 App 停车更便宜</p><button>下载</button>")
                    + "},{once:true})"
                ),
                "P5c",
            ),
            script(
                "查费后",
                "if(document.body.innerText.includes('应缴')){"
                + box % (BOX, "<p>开通会员本单立减</p><button>开通并支付</button>")
                + "}",
                "P5c",
            ),
        ],
    )
    yield (
        "ways",
        [
            Animal("", "先选停车场", ("P1",), form="<p>请选择停车场</p><a href='/a'>东区</a> <a href='/b'>西区</a>"),
            Animal("", "开屏进入", ("P1",), form="<p>欢迎使用智慧停车</p><a href='/enter'>进入缴费</a>"),
            Animal("", "先同意协议", ("P5c",), before=f"<div role=dialog style='{BOX}'><p>请阅读并同意用户协议与隐私政策</p><button type=button onclick='this.parentNode.remove()'>同意</button></div>"),
            Animal("", "支付前进会员页", ("P5d",), pay="<h2>登录会员中心</h2><p>请先登录后支付</p><button>手机号登录</button>"),
            Animal("", "支付前填手机", ("P3",), pay="<h2>请填写手机号接收凭证</h2><form method=post action='/pay2'><input name=mobile type=tel placeholder=手机号><button>确认支付</button></form>"),
            fee("两种价格", FEE.replace("<button>支付 ¥8.00</button>", "<button>会员支付 ¥6.00</button><button>普通支付 ¥8.00</button>"), "P12e"),
            fee("平台费", FEE.replace("停车约 2 小时", "停车费 ¥7.50 + 平台服务费 ¥0.50"), "P12e"),
            fee("勾选保险", FEE.replace("<button>", "<label><input type=checkbox checked> 1 元停车意外险</label><button>"), "P5b"),
        ],
    )  # fmt: skip


def data() -> Iterator[tuple[str, list[Animal]]]:
    def with_field(zh: str, markup: str) -> Animal:
        return Animal("", zh, ("P3",), form=FORM.replace("</form>", f"{markup}</form>"))

    yield (
        "fields",
        [
            with_field("选填手机", "<p><label>手机号（选填） <input name=m></label></p>"),
            with_field("邮箱", "<p><label>接收凭证 <input type=email name=e></label></p>"),
            with_field("联系方式", "<p><input name=contact placeholder=联系方式></p>"),
            with_field(
                "性别", "<p><label>性别 <select name=gender><option>男<option>女</select></label></p>"
            ),
            with_field("微信号", "<p><label>微信号 <input name=wx></label></p>"),
            with_field("驾驶证", "<p><label>驾驶证号 <input name=licno></label></p>"),
            with_field("行驶证照片", "<p><label>上传行驶证 <input type=file name=doc></label></p>"),
            with_field("设备号", "<input type=hidden name=device_id value=d1>"),
        ],
    )
    yield (
        "third parties",
        [
            Animal("", "样式背景", ("P6",), head=f"<style>main{{background:url({OTHER}/b.png)}}</style>"),
            first("内嵌页", f"<iframe src='{OTHER}/f' width=300 height=80></iframe>", "P6"),
            Animal("", "预连接", ("P6",), head=f"<link rel=preconnect href='{OTHER}'>"),
            Animal("", "预取", ("P6",), head=f"<link rel=prefetch href='{OTHER}/n.js'>"),
            script("事件流", f"new EventSource('{OTHER}/e')", "P6"),
            Animal(
                "",
                "字体",
                ("P6",),
                head=f"<style>@font-face{{font-family:z;src:url({OTHER}/z.woff2)}}body{{font-family:z}}</style>",
            ),
            Animal(
                "",
                "模块",
                ("P6",),
                head=f"<script type=module>import '{OTHER}/m.js'</script>",
            ),
            script(
                "线程里",
                f"new Worker(URL.createObjectURL(new Blob([`importScripts('{OTHER}/w.js')`])))",
                "P6",
            ),
            fee("费用页像素", FEE + f"<img alt='' width=1 height=1 src='{OTHER}/p.gif'>", "P6"),
            first("视频", f"<video poster='{OTHER}/v.jpg' width=300 height=150></video>", "P6"),
            script("隐藏时信标", f"addEventListener('pagehide',()=>navigator.sendBeacon('{OTHER}/x','1'))", "P6"),
            script("触摸后加载", f"addEventListener('touchstart',()=>{{new Image().src='{OTHER}/t.gif'}},{{once:true}})", "P6"),
        ],
    )  # fmt: skip
    yield (
        "kept and leaked",
        [
            script("数据库", "indexedDB.open('visitor').onsuccess=()=>{}", "P7a"),
            Animal("", "一个月 Cookie", ("P7a",), headers={"Set-Cookie": "vid=77; Max-Age=2592000; Secure"}),
            script("缓存", "self.caches&&caches.open('v').then(c=>c.put('/x',new Response('1')))", "P7a"),
            script(
                "提交时记住",
                FIRST
                % "document.forms[0].addEventListener('submit',()=>localStorage.setItem('cars',document.querySelector('#plate').value))",
                "P7a",
            ),
            script(
                "十六进制",
                ON_INPUT
                % f"fetch('{OTHER}/?k='+[...new TextEncoder().encode(v)].map(b=>b.toString(16).padStart(2,0)).join(''))",
                "P6",
                "P8b",
            ),
            script(
                "JSON 体",
                ON_INPUT
                % f"fetch('{OTHER}/j',{{method:'POST',mode:'no-cors',body:JSON.stringify({{car:{{no:v}}}})}})",
                "P6",
                "P8b",
            ),
            script("联想查询", ON_INPUT.replace("<7", "<3") % "fetch('/suggest?q='+encodeURIComponent(v))", "P8c"),
            script("哈希路由", ON_INPUT % "location.hash='/car/'+v", "P8a"),
            Animal("", "另名 GET", ("P8a",), form=FORM.replace("method=post", "method=get").replace("name=plate", "name=carNo")),
        ],
    )  # fmt: skip
    yield (
        "permissions",
        [
            script("触摸后通知", "addEventListener('touchend',()=>{self.Notification&&Notification.requestPermission()},{once:true})", "P9a"),
            script("焦点时定位", "const p=document.querySelector('#plate');p&&p.addEventListener('focus',()=>navigator.geolocation.watchPosition(()=>{}))", "P9a"),
            script("打开相机", FIRST % "navigator.mediaDevices&&navigator.mediaDevices.getUserMedia({video:true}).catch(()=>{})", "P9a"),
            script("方向", "addEventListener('deviceorientation',()=>{})", "P9a"),
            replace(script("微信定位", "wx.getLocation({type:'wgs84'})", "P9a"), phones=("wechat",)),
            replace(script("支付宝定位", "my.getLocation({})", "P9a"), phones=("alipay",)),
            replace(script("取地址", "wx.openAddress({})", "P4a"), phones=("wechat",)),
        ],
    )  # fmt: skip
    yield (
        "fingerprints",
        [
            script("图形像素", "const g=document.createElement('canvas').getContext('webgl');g?g.readPixels(0,0,1,1,g.RGBA,g.UNSIGNED_BYTE,new Uint8Array(4)):document.createElement('canvas').toDataURL()", "P9b"),
            script("内嵌页画布", "const f=document.createElement('iframe');document.body.append(f);const c=f.contentDocument.createElement('canvas');c.width=200;c.height=50;c.getContext('2d').fillText('fp',2,20);c.toDataURL()", "P9b"),
            script("声音", "const o=new OfflineAudioContext(1,44100,44100);o.createOscillator().connect(o.destination);o.startRendering()", "P9b"),
            script("属性大全", "[navigator.plugins.length,navigator.languages,navigator.hardwareConcurrency,navigator.deviceMemory,navigator.maxTouchPoints,screen.colorDepth,speechSynthesis.getVoices()]", "P9b"),
            script("录屏", "new MutationObserver(()=>{}).observe(document,{subtree:true,childList:true});document.addEventListener('click',()=>{});setTimeout(()=>fetch('/rec',{method:'POST',body:'e'}),500)", "P9b"),
        ],
    )  # fmt: skip
    yield (
        "answers",
        [
            fee("时间在前", FEE.replace("停车约 2 小时", "09:12 入场，已停 2 小时"), "P11b"),
            fee("车位", FEE.replace("停车约 2 小时", "车位 B2-118"), "P11b"),
            fee("他场欠费", FEE.replace("停车约 2 小时", "欠费记录 3 笔（南京西路店 2 笔，静安店 1 笔）"), "P11b"),
            fee("绑定手机", FEE.replace("停车约 2 小时", "已绑定 138****1234"), "P11b"),
            fee("上次缴费", FEE.replace("停车约 2 小时", "上次缴费 11-20 18:30，¥15.00"), "P11b"),
            fee("背景照片", FEE + "<div class=snapshot style='width:320px;height:180px;background-image:url(/inpic/1.jpg)'></div>", "P11b"),
            Animal("", "提示车主", ("P11b",), owes=True, fee=FEE.replace("停车约 2 小时", "车主：张*，白色 SUV")),
        ],
    )  # fmt: skip
    yield (
        "advertisements",
        [
            first("加油", "<a href='https://oil.promo-zoo.cn/'>加油满 200 减 30，立即抢</a>", "P12d"),
            first("本站大促", f"<a href='/sale'>{PICTURE % '双十一大促 全场低至 5 折'}</a>", "P12d"),
            fee(
                "费用页横幅", FEE + f"<a href='https://car.promo-zoo.cn/'>{PICTURE % '预约试驾'}</a>", "P12d"
            ),
            first(
                "推荐",
                "<section><h3>猜你喜欢</h3><a href='https://m.promo-zoo.cn/1'>车险报价</a></section>",
                "P12d",
            ),
        ],
    )


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield from prompts()
    yield from data()
