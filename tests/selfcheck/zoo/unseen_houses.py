"""Families of pages as many houses build them, written after labels were explained word by word.

They were counted before any rule was changed for them. Dirty ones follow what shops do, not what rules name.
"""

from collections.abc import Iterator

from tests.selfcheck.zoo.animals import ALIPAY, FEE, FORM, WECHAT, Animal
from tests.selfcheck.zoo.unseen_corners import ON_FEE, layer
from tests.selfcheck.zoo.unseen_places import says, weui
from tests.selfcheck.zoo.unseen_styles import (
    ASK,
    INFO,
    MASK,
    PAY,
    RESULT,
    SHEET,
    TITLE,
    App,
    app,
    form,
    page,
    uni,
    vue,
)
from tests.selfcheck.zoo.unseen_tricks import FIRST, ON_GO, TYPED, code, picture

GROUP = "https://g.crowd-zoo.net"


def react(zh: str, *breaks: str, more: str = "", shown: str = "", script: str = "") -> App:
    """Return a page as React draws it: nodes made by script, one listener at the root."""
    fee = (
        shown
        or "<section><span>应付</span><strong>¥8.00</strong><button data-a=pay>确认付款 ¥8.00</button></section>"
    )
    drawn = (
        f"<main>{TITLE}{more}<label>车牌号<input data-p placeholder='请输入车牌号'></label>"
        f"<button aria-label=清除车牌 data-a=clear><svg width=16 height=16></svg></button><button data-a=ask>查询</button><div data-r></div>{INFO}</main>"
    )
    code = (
        ASK
        + f"const R=document.querySelector('#root');R.innerHTML=`{drawn}`;R.addEventListener('click',async e=>{{const b=e.target.closest('[data-a]');if(!b)return;"
        "const p=R.querySelector('[data-p]');if(b.dataset.a==='clear')p.value='';if(b.dataset.a==='ask'){const d=await ask(p.value.trim());"
        f"R.querySelector('[data-r]').innerHTML=d.code?'<p>没有查到待缴费用</p>':`{fee}`}}if(b.dataset.a==='pay'){{{PAY}}}}});"
        + script
    )
    return app(zh, "<div id=root></div>", *breaks, script=code)


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "frameworks",
        [
            react("根上委托的点击"),
            react("航站楼单选", more="<fieldset><legend>航站楼</legend><label><input type=radio name=t>T1 停车楼</label><label><input type=radio name=t>T2 停车楼</label></fieldset>"),
            react("为苹果加的空监听", script="document.addEventListener('touchstart',()=>{},{passive:true});addEventListener('resize',()=>{});addEventListener('scroll',()=>{},{passive:true});"),
            vue("确认车牌的对话框", fee="<dialog open><p>请核对车牌，应付 ¥8.00</p><button id=pay>确认支付 ¥8.00</button></dialog>"),
            vue("单页路由可返回", script="document.addEventListener('click',e=>{if(e.target.id==='go')history.pushState({v:'fee'},'','#fee')});addEventListener('popstate',()=>{document.querySelector('#result').innerHTML=''});"),
            vue("慢接口", script="const slow=ask;ask=async p=>{document.querySelector('#result').innerHTML='<p>正在查询，请稍候…</p>';await new Promise(r=>setTimeout(r,2200));return slow(p)};"),
            vue("多加一条公告滚动", script="let n=0;const w=['今日车位充足','出口请减速'];setInterval(()=>{const t=document.querySelector('h1');if(t)t.title=w[++n%2]},2000);"),
            vue("出错才报告自己", script="addEventListener('error',()=>fetch('/err',{method:'POST',body:'e'}));"),
        ],
    )  # fmt: skip
    yield (
        "kinds of lots",
        [
            form("路侧泊位", place="<header><h1>城区道路停车</h1><p>收款方 测试市停车管理中心</p></header>", before="<p>泊位号见地面，路名见标牌。</p>", form=FORM.replace("</form>", "<p><label>泊位号 <input name=berth></label></p></form>")),
            form("院区选择", form=FORM.replace("<button>", "<select name=y aria-label=院区><option>东院区<option>西院区</select> <button>")),
            form("高校", before="<p>校外车辆请从南门出场；教职工车辆按校内规定，无须在此缴费。</p>"),
            form("小区访客", before="<p>访客车辆 30 分钟内免费；业主车辆由物业登记，不在本页办理。</p>", form=FORM.replace("查询停车费", "查询访客停车费")),
            form("充电与停车一起收", fee="<h2>应缴费用</h2><table><tr><td>停车费<td>¥5.00<tr><td>充电电费<td>¥2.40<tr><td>充电服务费<td>¥0.60</table><form method=post action='/pay'><button>支付 ¥8.00</button></form>"),
            form("两笔未缴", fee="<h2>待缴费用</h2><p>本次停车 ¥8.00</p><form method=post action='/pay'><button>支付本次 ¥8.00</button></form><p>如有其他欠费请到服务窗口</p>"),
            form("少数民族文字", place="<header><h1>测试广场停车场 · སྡོད་ས</h1><p>收款方 上海测试商业管理有限公司</p></header>"),
            form("日文提示", before="<p lang=ja>ナンバーを入力して料金をお支払いください。会員登録は不要です。</p>"),
            form("打印与日历", fee=FEE + "<p><button type=button onclick='print()'>打印</button></p>"),
            form("银行收银台", pay="<form id=f method=post action='https://mywap2.icbc.com.cn/ICBCWAPBank/servlet/ICBCWAPEBizServlet'></form><script>document.forms[0].submit()</script>"),
            says("提醒防骗", "近期有人冒充停车客服加微信、发红包，请勿扫描来历不明的二维码。"),
            says("物业通知", "会员停车减免已按物业合同自动计入，与本页缴费无关，也不需要注册。"),
            weui("无脚本提示", top="<noscript>请到出口向收费员缴费</noscript>"),
            uni("大字链接", before="<uni-view><a href='/p/7F3K?big=1'>大字版</a></uni-view>"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "shops beside the till",
        [
            form("顶上一条打开应用", "P5a", before="<div style='position:fixed;left:0;right:0;top:0;height:48px;background:#222;color:#fff'>在 App 内缴费更流畅 <button type=button>打开</button></div><div style='height:48px'></div>"),
            react("两种价的按钮", "P12e", shown="<button data-a=pay>会员支付 ¥6.00</button><button data-a=pay>普通支付 ¥8.00</button>"),
            vue("自动缴费开关已开", "P5b", fee=RESULT + "<div role=switch aria-checked=true tabindex=0>下次自动缴费</div>"),
            form("提交即成会员", "P5a", form=FORM.replace("</form>", "<p>点击查询即视为同意成为测试天地会员</p></form>")),
            vue("看广告减两元", "P5a", fee=RESULT + "<button>看 30 秒视频，立减 2 元</button>"),
            vue("分期按钮", "P5a", fee=RESULT + "<button>分 3 期付，首期 0 元</button>"),
            vue("转给群友", "P5a", fee=RESULT + "<p>把本页发到 3 个群，停车费减半</p>"),
            form("页脚群码", "P5a", before=f"<footer><p>售后</p>{code('https://u.wechat.com/EFabc', 140)}</footer>"),
            form("只读文本框里劝", "P5a", before="<textarea readonly rows=3 cols=30>温馨提示：请先关注“测试天地”公众号，再输入车牌缴费</textarea>"),
            form("刮刮层", "P5a", before="<canvas id=gg width=320 height=120></canvas>", script="const c=document.querySelector('#gg');if(c){const x=c.getContext('2d');x.font='24px sans-serif';x.fillText('刮开有惊喜',20,60)}"),
            form("付前会员日", "P5d", pay="<h2>会员日满 30 减 3</h2><p>去使用后再付款</p><button>去使用</button><form method=post action='/pay2'><button>不用了</button></form>"),
            vue("查费顺手开新窗", "P5c", script=ON_GO % "window.open('/promo')"),
            form("开屏五秒", "P5c", before=f"<div id=k style='{MASK};background:#fff'><p>测试天地 秋装上新</p><span>5 秒后进入</span></div>", script="const k=document.querySelector('#k');k&&setTimeout(()=>k.remove(),5000)"),
            form("滚动后图片弹窗", "P5c", before="<p style='height:1500px'>停车须知</p>", script="addEventListener('scroll',()=>{const d=document.createElement('dialog');d.innerHTML=`<img alt='' width=260 height=260 src='" + picture("中秋礼盒|到店自提") + "'>`;document.body.append(d);d.showModal()},{once:true})"),
        ],
    )  # fmt: skip
    yield (
        "who the driver is",
        [
            app("先到自家登录页", "", "P1", redirect="/login", more=(("/login", page("<h1>登录</h1><input placeholder=账号><input type=password><button>登录</button>")),)),
            form("两年的统计号", "P7a", script="document.cookie='_ga=GA1.1.'+Math.random()+';max-age=63072000'"),
            form("离线音频", "P9b", script="const o=new OfflineAudioContext(1,44100,44100),s=o.createOscillator();s.connect(o.destination);s.start();o.startRendering()"),
            vue("查费时写剪贴板", "P9a", script=ON_GO % "navigator.clipboard&&navigator.clipboard.writeText('复制打开领现金').catch(()=>{})"),
            vue("边打边走长连接", "P8c", script="const s=new WebSocket('wss://'+location.host+'/k');document.addEventListener('input',e=>{s.readyState===1&&s.send(e.target.value)});"),
            vue("先收短信码", "P3", fee="<p>为核实身份，验证码已发送</p><input placeholder=短信验证码><button id=pay>验证并查看费用</button>"),
            form("摇动", "P9a", script="addEventListener('devicemotion',()=>{})"),
            form("微信定位", "P9a", script="wx.ready(()=>wx.getLocation({type:'wgs84',success(){}}))", phones=WECHAT),
            form("支付宝取用户", "P4a", script="AlipayJSBridge.call('getAuthCode',{scopes:['auth_user']},()=>{})", phones=ALIPAY),
            vue("车牌写进路径", "P8a", script=ON_GO % "fetch('/fee/'+encodeURIComponent(v))"),
            vue("看费用时给别家", "P8b", script="let q='';" + TYPED % "q=v" + ON_FEE % f"setTimeout(()=>{{new Image().src='{GROUP}/i?c='+btoa(unescape(encodeURIComponent(q)))}},700)"),
        ],
    )  # fmt: skip
    yield (
        "more than the fee",
        [
            vue("历次账单", "P11b", fee=RESULT + "<p>往期：11-02 ¥12.00，11-09 ¥8.00</p>"),
            vue("哪条车道来的", "P11b", fee=RESULT + "<p>入口：3 号口 2 车道</p>"),
            vue("车主称呼", "P11b", fee="<p>王女士，您好</p>" + RESULT),
            vue("卖洗车券", "P12d", fee=RESULT + "<p>加 9.9 元换购洗车一次（原价 35 元）</p>"),
            form("登记后才算", "P5a", fee="<h2>请完善车主信息</h2><p>登记联系方式后显示停车费</p><button>去登记</button>"),
            form("保险弹层", "P5c", script=FIRST % ("setTimeout(()=>" + layer("<p>您的爱车有一份保障待领取</p><button>立即查看</button>") + ",2500)")),
            weui("底部推荐栏", "P12d", top=f"<div style='{SHEET};height:120px'><p>大家都在买</p><p>玻璃水 6.9 元 / 香薰 19.9 元</p></div>"),
        ],
    )  # fmt: skip
