"""Families of pages with other scripts and markup again, and with detours: cards, lotteries, lanes, second visits, disguises.

Written before the rules were read on that day, and frozen before any page of the two batches before was counted.
"""

from collections.abc import Iterator
from typing import Any

from tests.selfcheck.zoo.animals import ALIPAY, WECHAT, Animal
from tests.selfcheck.zoo.unseen_vendors import COVER, WINDOW, framed, popped
from tests.selfcheck.zoo.vendors import (
    HEAD,
    TO_PAY,
    Site,
    built,
    h5,
    parts_page,
    server,
    spa,
    taro,
)

LEGACY = (
    HEAD
    + """<title>停车缴费系统</title></head><body bgcolor=#eef3f8>@top@<center><font size=5 color=#003366>@name@</font><br><br>
<table border=1 cellpadding=8 width=330><tr><td>车牌号<td><input type=text name=hp id=hp size=10><tr><td colspan=2 align=center><input type=button value=' 查 询 ' onclick=cx()>@above@</table>
<div id=jg></div>@mid@<br><font size=2>收费：小车 5 元/次　收款：滨河公园管理处　电话：(025)8400-0000　<a href=/privacy>隐私保护</a></font></center><script>
function cx(){var x=new XMLHttpRequest();x.open('POST','/parking.ashx?act=cx',true);x.setRequestHeader('Content-Type','application/x-www-form-urlencoded');x.onreadystatechange=function(){if(x.readyState!=4)return;
var d=eval('('+x.responseText+')'),j=document.getElementById('jg');if(!d.fee){j.innerHTML='<br>无待缴费记录';return}j.innerHTML=`@fee@`;@due@};x.send('hp='+encodeURIComponent(document.getElementById('hp').value))}
function zf(){@pay@}@script@</script></body></html>"""
)
LEGACY_FEE = "<br>停车费：<font color=red size=5>8.00</font> 元<br><br><input type=button value='微信支付' onclick=zf()>"

STEPPER = (
    HEAD
    + """<title>出口缴费</title><style>body{margin:0;font:16px/1.7 sans-serif;background:linear-gradient(#0d47a1,#fff 40%)}section{margin:14px;background:#fff;border-radius:14px;padding:18px}
[hidden]{display:none!important}a.go{display:block;text-align:center;background:#ff6f00;color:#fff;padding:12px;border-radius:8px;text-decoration:none}</style>@head@</head><body>@top@
<section><h2>@name@</h2><ol style='color:#666;padding-left:20px'><li>输入车牌<li>核对金额<li>付款离场</ol><div role=group aria-label=车牌><span id=pre role=button tabindex=0 style='padding:10px;border:1px solid #999'>苏</span>
<input id=suf aria-label=车牌后几位 style='width:60%;padding:10px' maxlength=8></div>@above@<p><a class=go id=look href='javascript:;'>查看金额</a></p></section>
<section id=res hidden></section>@mid@<section><small>首小时 6 元，之后 3 元/半小时。收款商户：润城商业（盐城）有限公司。客服 0515-8300 0000。<a href='/privacy'>隐私告知</a></small></section><script>
var $=function(s){return document.querySelector(s)};$('#suf').oninput=function(){var m=/^[\\u4e00-\\u9fa5]/.exec(this.value);if(m){$('#pre').textContent=m[0];this.value=this.value.slice(1)}};
$('#look').onclick=function(){fetch('/gate/amount',{method:'PUT',body:JSON.stringify({plate:$('#pre').textContent+$('#suf').value.toUpperCase()})}).then(function(r){return r.json()}).then(function(d){var r=$('#res');r.hidden=false;if(!d.fee){r.innerHTML='此车无需缴费，可直接驶离';return}r.innerHTML=`@fee@`;$('#zf').onclick=function(){@pay@};@due@})};@script@</script></body></html>"""
)
STEPPER_FEE = (
    "<p style='font-size:30px'>¥ 8.00</p><p>停放 1 时 55 分</p><a class=go id=zf href='javascript:;'>付款</a>"
)


def legacy(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page as it was built twenty years ago, and still is."""
    slots = {"top": "", "name": "滨河公园停车场", "above": "", "mid": "", "fee": LEGACY_FEE, "due": "", "pay": TO_PAY, "script": ""}  # fmt: skip
    return built(zh, breaks, LEGACY, slots, parts)


def stepper(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page of three steps; its interface is asked by PUT, and its buttons are links."""
    slots = {"head": "", "top": "", "name": "润城广场出口", "above": "", "mid": "", "fee": STEPPER_FEE, "due": "", "pay": TO_PAY, "script": ""}  # fmt: skip
    return built(zh, breaks, STEPPER, slots, parts)


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "old and new markup",
        [
            legacy("旧式表格页"),
            legacy("旧式页微信里", phones=WECHAT),
            stepper("三步出口页"),
            stepper("三步页在支付宝", phones=ALIPAY, pay="AlipayJSBridge.call('tradePay',{orderStr:'app_id=2021&biz'},function(){})"),
            stepper("查询骨架", script="document.querySelector('#look').addEventListener('click',function(){var r=document.querySelector('#res');r.hidden=false;r.innerHTML='<div style=\"height:24px;background:#eee\"></div><div style=\"height:24px;background:#eee;margin-top:8px\"></div>'},true)"),
            legacy("查询按钮变灰", script="var b=document.querySelector('[onclick=\"cx()\"]');b.addEventListener('click',function(){b.disabled=true;b.value='查询中';setTimeout(function(){b.disabled=false;b.value='查 询'},1500)})"),
            stepper("付款前确认框", pay="if(!document.querySelector('#cf')){document.body.insertAdjacentHTML('beforeend','<div id=cf role=dialog aria-label=确认 style=\"position:fixed;left:5%;right:5%;bottom:20px;background:#fff;padding:20px;border:1px solid #999;z-index:9\"><p>确认为该车支付 8.00 元？</p><a class=go href=\"" + "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=2" + "\">确认支付</a><a href=\"javascript:document.querySelector(\\'#cf\\').remove()\">返回</a></div>')}"),
            h5("折叠的收费明细", fee="<p style='font-size:28px'>8.00 元</p><details><summary>计费明细</summary><table><tr><td>第 1 小时<td>4.00<tr><td>第 2 小时<td>4.00</table></details><button class=btn id=pay>去支付</button>"),
            spa("两个入口车场名", name="云栖中心 B 区停车场（东门、北门）"),
            parts_page("嵌套组件", top="<park-head></park-head>", script="customElements.define('park-head',class extends HTMLElement{connectedCallback(){this.attachShadow({mode:'open'}).innerHTML='<header style=\"padding:10px;background:#eef\">星河里 · 停车服务</header>'}})"),
            taro("返回顶部按钮", mid="<taro-view-core onclick='scrollTo(0,0)' style='position:fixed;right:12px;bottom:24px;background:#fff;border:1px solid #ccc;border-radius:50%;width:44px;height:44px;text-align:center'>↑</taro-view-core>"),
            framed("框里小提示", inside="<p><small>挂车请输入主车号牌</small></p>"),
        ],
    )  # fmt: skip
    yield (
        "texts of operators",
        [
            server("封顶与跨天", mid="<p>跨零点重新计算，连续停放超过 30 天请联系管理处。</p>"),
            stepper("优惠已自动计算", fee="<p>停车费 12.00 元，雨天减免 −4.00 元</p><p style='font-size:30px'>¥ 8.00</p><a class=go id=zf href='javascript:;'>付款</a>"),
            legacy("免责声明", mid="<br><font size=2>请关好车窗，勿将贵重物品留在车内。</font>"),
            h5("充电车位占用费", mid="<div class=card>充满 30 分钟后仍占用充电车位的，按 0.5 元/分钟计占位费，在充电桩屏幕上支付。</div>"),
            spa("投诉渠道", mid="<p>意见簿在岗亭；也可拨打 12345。</p>"),
            taro("访客须知", mid="<taro-view-core>访客由被访单位登记车牌，离场免费；忘记登记的请电话联系对方前台。</taro-view-core>"),
            server("粤语口吻", title="泊車繳費", name="海旁停車場", button="查收費", top="<p>入車牌就得，唔使登記。</p>", fee="<h2>應付 8.00 元</h2><form method=post action='/pay'><button>即刻畀錢</button></form>", none="<h2>冇嘢要畀</h2>"),
            stepper("English notices", name="Runcheng Plaza Exit", mid="<section>Lost your way? Press the intercom. Please leave within 15 minutes of paying.</section>"),
            h5("消防通道", mid="<div class=card>消防登高面禁止停车，违者通知拖移。</div>"),
            parts_page("公益提示", mid="<p>文明停车，礼让行人。开车不喝酒。</p>"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    seen_before = "if(document.cookie.indexOf('seen=1')>=0||localStorage.seen){%s}localStorage.seen=1"
    yield (
        "windows and walls",
        [
            legacy("旧式弹窗广告", "P5c", script="setTimeout(function(){var w=document.createElement('div');w.style='" + COVER + "';w.innerHTML='<div style=\"" + WINDOW + "\"><h3>滨河花园二期</h3><p>首付 12 万起 看房有礼</p><input type=button value=预约看房></div>';document.body.appendChild(w)},900)"),
            stepper("点金额框先弹会员", "P5c", script="document.querySelector('#look').addEventListener('click',function(){" + popped("开通润城卡，停车每小时只要 2 元", "0 元开通", "下次再说") + "},true)"),
            spa("回访弹层", "P5c", script=seen_before % popped("好久不见！送您一张老友券", "去看看", "关闭")),
            h5("抽奖转盘", "P5a", phones=WECHAT, mid="<div class=card style='text-align:center'><div style='width:160px;height:160px;border-radius:50%;background:conic-gradient(#f66 0 25%,#fc6 0 50%,#6cf 0 75%,#9f6 0);margin:0 auto'></div><button class=btn>转一转，免单等你拿</button></div>"),
            taro("底部抽屉要授权", "P5c", script="setTimeout(()=>document.body.insertAdjacentHTML('beforeend','<taro-view-core style=\"position:fixed;left:0;right:0;bottom:0;height:55%;background:#fff;z-index:99;padding:20px;box-shadow:0 0 30px #0006\"><taro-text-core>南湖智停 申请获取你的昵称、头像</taro-text-core><taro-button-core>允许</taro-button-core><taro-text-core>拒绝</taro-text-core></taro-view-core>'),1500)"),
            framed("框外层同意墙", "P5c", outside=f"<div style='{COVER}'><div style='{WINDOW}'><p>继续使用即表示您同意我们及 86 家合作伙伴处理您的信息</p><button onclick='this.parentNode.parentNode.remove()'>全部接受</button></div></div>"),
            stepper("会员墙后金额", "P5a", fee="<p>金额已生成</p><p style='filter:blur(6px)'>¥ 8.00</p><a class=go href='/vip'>加入会员后查看</a><a id=zf hidden href='javascript:;'></a>"),
            parts_page("客服机器人要电话", "P3", mid="<aside style='position:fixed;right:10px;bottom:10px;width:240px;background:#fff;border:1px solid #999;padding:10px'>您好，留下联系方式，专员为您办理停车优惠 <input aria-label=电话 placeholder=电话><button>发送</button></aside>"),
        ],
    )  # fmt: skip
    yield (
        "cards and goods",
        [
            legacy("旧式办月卡", "P5a", mid="<br><input type=button value='在线办理月卡' onclick=\"location='/yk'\">"),
            stepper("付款下方洗车券", "P12d", fee="<p style='font-size:30px'>¥ 8.00</p><a class=go id=zf href='javascript:;'>付款</a><p>换购：精致洗车 19.9 元（门市价 45 元）<a href='/mall/77'>选购</a></p>"),
            spa("代金券勾选", "P5b", fee="<h2>¥17.90</h2><p>停车 8.00 ＋ 车饰代金券 9.90</p><label><input type=checkbox checked> 加购车饰代金券（可用 20 元）</label><button class=b data-pay>支付 ¥17.90</button>"),
            server("基金定投", "P12d", foot="<section><h4>财富频道</h4><a href='/fin'>新手专享 年化 5.8%</a></section>"),
            h5("信用卡办卡礼", "P12d", mid="<div class=card>滨江银行车主信用卡 首刷送行车记录仪 <a href='/card/apply'>立即申办</a></div>"),
            taro("积分抵扣诱导", "P5a", fee="<taro-view-core>应付 ￥8.00</taro-view-core><taro-view-core>登录可用 1200 积分抵 3 元 <a href='/login'>去登录</a></taro-view-core><taro-button-core id=tp>支付</taro-button-core>"),
            framed("外层视频号", "P5a", outside="<p>直播间今晚 8 点抽 100 张停车券，<a href='https://channels.weixin.qq.com/live/1'>预约直播</a></p>"),
            server("English club", "P5a", title="Pay for parking", name="Harbour Car Park", button="Find fee", mid="<p><button type=button>Join Harbour Club, park for less</button></p>"),
            server("繁體加好友", "P5a", title="停車繳費", name="信義停車場", button="查詢", mid="<p>加入官方帳號好友，立即折抵 20 元</p><p><a href='https://line.me/R/ti/p/@park'>加入好友</a></p>"),
            stepper("续费小字", "P5a", fee="<p style='font-size:30px'>¥ 0.01</p><p style='font-size:9px;color:#ccc'>点击付款即开通畅停会员，7 天后 19.9 元/月自动扣款</p><a class=go id=zf href='javascript:;'>付款</a>"),
        ],
    )  # fmt: skip
    yield (
        "behind the page",
        [
            legacy("旧式统计代码", "P6", top="<script src='https://s13.cnzz-like-zoo.com/z_stat.php?id=1'></script>"),
            stepper("头里带设备号", "P3", script="fetch('/gate/hello',{headers:{'X-Device-Id':'3f2504e0-4f89-11d3-9a0c-0305e82c3301','X-Open-Id':'oABC12345'}})"),
            spa("把车牌放进标题外传", "P6", shown="if(v==='due')new Image().src='https://cdn.lotmap-zoo.com/p.gif?t='+btoa(unescape(encodeURIComponent(S.plate)))"),
            h5("语音权限", "P9a", phones=WECHAT, script="wx.startRecord()"),
            taro("陀螺仪", "P9a", script="addEventListener('devicemotion',function(){})"),
            stepper("声音指纹", "P9b", script="var a=new (window.OfflineAudioContext||window.webkitOfflineAudioContext)(1,5000,44100),o=a.createOscillator();o.connect(a.destination);o.start(0);a.startRendering().then(function(b){fetch('/gate/a',{method:'POST',body:String(b.getChannelData(0)[4500])})})"),
            parts_page("整页录屏", "P9b", script="var ev=[];['touchstart','touchmove','scroll','click','keydown','input'].forEach(function(n){addEventListener(n,function(e){ev.push([n,e.timeStamp|0])},true)});setInterval(function(){if(ev.length)navigator.sendBeacon('/bff/rr',JSON.stringify(ev.splice(0)))},1500)"),
            legacy("明文传车牌到别家", "P6", due="var f=document.createElement('iframe');f.style.display='none';f.src='https://sync.lotmap-zoo.com/m?c='+encodeURIComponent(document.getElementById('hp').value);document.body.appendChild(f)"),
            spa("半年本地号", "P7a", script="localStorage.setItem('did',localStorage.getItem('did')||crypto.randomUUID())"),
            stepper("答复带位置", "P11b", fee="<p style='font-size:30px'>¥ 8.00</p><p>您的爱车停在 3 层 C 区 046，银灰色</p><a class=go id=zf href='javascript:;'>付款</a>"),
        ],
    )  # fmt: skip
