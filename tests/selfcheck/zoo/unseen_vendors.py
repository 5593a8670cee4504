"""Families of pages on sites of vendors: bridges, proxies of trackers, insurance, memberships, tiny buttons.

Written before the rules were read on that day, and frozen before they were counted.
"""

from collections.abc import Iterator
from typing import Any

from tests.selfcheck.zoo.animals import ALIPAY, WECHAT, Animal
from tests.selfcheck.zoo.unseen_styles import drawn
from tests.selfcheck.zoo.vendors import (
    H5_FEE,
    HEAD,
    SERVER_FEE,
    SPA_FEE,
    Site,
    h5,
    parts_page,
    server,
    spa,
    taro,
)

COVER = "position:fixed;left:0;top:0;width:100vw;height:100vh;background:#0009;z-index:90"
WINDOW = "position:absolute;left:8%;right:8%;top:22%;background:#fff;border-radius:12px;padding:22px;text-align:center"


def framed(zh: str, *breaks: str, inside: str = "", outside: str = "", **more: Any) -> Site:
    """Return a page whose counter is in a frame of the same site."""
    widget = (
        HEAD
        + "<title>w</title></head><body><form method=post action='/w/quote' target=_self><label>车牌 <input name=vehicle></label> "
        + inside
        + "<button>查询</button></form></body></html>"
    )
    whole = (
        HEAD
        + "<title>停车缴费</title></head><body><h2>望江停车楼</h2><iframe src='/w' title=缴费 width=340 height=260 style='border:0'></iframe>"
        + outside
        + "<p>8 元/小时。收款方：望江停车楼管理处。电话 0571-8700 0000。<a href='/privacy'>隐私说明</a></p></body></html>"
    )
    due = (
        HEAD
        + "<title>w</title></head><body><p>停车费 8.00 元</p><form method=post action='/pay' target=_top><button>付款 8.00 元</button></form></body></html>"
    )
    none = HEAD + "<title>w</title></head><body><p>未查到停车费</p></body></html>"
    own_frames = {"Content-Security-Policy": "frame-ancestors 'self'"}
    return Site("", zh, breaks, whole=whole, due=due, none=none, routes=(("/w", widget),), headers=own_frames, **more)  # fmt: skip


def popped(words: str, yes: str, no: str = "") -> str:
    """Return a statement that puts a window over the page."""
    small = f"<div style='font-size:11px;color:#bbb;margin-top:16px' onclick='this.parentNode.parentNode.remove()'>{no}</div>"
    return f'document.body.insertAdjacentHTML("beforeend",`<div style="{COVER}"><div style="{WINDOW}"><p>{words}</p><button>{yes}</button>{small}</div></div>`)'


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "as vendors build it",
        [
            h5("微信 H5 方格键盘", phones=WECHAT),
            h5("微信 H5 拉起支付", phones=WECHAT, pay="WeixinJSBridge.invoke('getBrandWCPayRequest',{appId:'wx1',package:'prepay_id=wx1'},function(){})"),
            taro("Taro 页"),
            taro("Taro 带加载条", ask="document.getElementById('to').innerHTML='<taro-view-core>正在查询，请稍候</taro-view-core>'"),
            spa("后渲染单页"),
            spa("两秒后渲染", delay="2200"),
            spa("支付宝里的单页", phones=ALIPAY, pay="AlipayJSBridge.call('tradePay',{tradeNO:'2026112722001'},function(){})"),
            parts_page("组件柜台"),
            parts_page("封闭组件柜台", mode="closed"),
            framed("内嵌柜台"),
            server("纯表单"),
            server("银联收银台", pay="<meta http-equiv=refresh content='0;url=https://gateway.95516.com/gateway/api/frontTransReq.do'><p>正在转到银联支付</p>"),
        ],
    )  # fmt: skip
    yield (
        "honest notices",
        [
            h5("底部费用面板", fee="<div style='position:fixed;left:0;right:0;bottom:0;background:#fff;padding:20px;box-shadow:0 0 20px #0004;z-index:60'><p>应付 <b>8.00</b> 元 <span onclick='out.style.display=\"none\"' style='float:right'>×</span></p><button class=btn id=pay>去支付</button></div>"),
            spa("离场提醒与核对", fee="<p>请核对：小型车，普通时段</p>" + SPA_FEE + "<p>付款后 20 分钟内出场不再计费。</p>"),
            server("繁體", title="停車費查詢", name="臨江路停車場", button="查詢", top="<p>輸入車牌即可繳費，毋須登記。</p>", fee="<h2>應繳金額</h2><p>8.00 元</p><form method=post action='/pay'><button>前往付款</button></form>"),
            server("English", title="Pay for parking", name="Linjiang Road Car Park", button="Find my fee", top="<p>No account, no app. Just your plate.</p>", fee="<h2>Amount due</h2><p>CNY 8.00</p><form method=post action='/pay'><button>Pay CNY 8.00</button></form>", none="<h2>Nothing to pay</h2><p>We found no fee for this plate.</p>"),
            taro("会员规则只作说明", mid="<taro-view-core>月租车、业主车凭入场识别自动放行，本页只收临停费。</taro-view-core>"),
            server("防诈骗提示", mid="<p><small>提醒：凡要求您关注公众号、下载应用或提供验证码的停车二维码均属可疑，请勿操作。</small></p>"),
            h5("新能源优惠已含", fee=H5_FEE.replace("停车时长", "新能源车首小时减免 2.00 元，已扣。停车时长")),
            spa("消费减免说明", mid="<details><summary>商户减免怎么用？</summary><p>在收银台结账时报车牌，减免会自动记入，不需要在这里操作。</p></details>"),
            server("发票说明", mid="<p>需要发票的，付款后在支付凭证里点商户链接，或到管理处开具。</p>"),
            parts_page("语言切换", top="<p><a href='?lang=en'>EN</a> | <a href='?lang=zh'>中</a></p>"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "who is it",
        [
            h5("填手机才能查", "P3", above="<p><input id=ph maxlength=11 inputmode=tel placeholder='接收缴费凭证的手机'></p>"),
            spa("查到后要号码", "P3", fee="<h2>¥8.00</h2><input class=i placeholder='11 位手机号，用于接收离场通知'><button class=b data-pay>支付 ¥8.00</button>"),
            taro("微信手机号组件", "P5a", phones=WECHAT, above="<taro-button-core open-type=getPhoneNumber>微信一键获取手机号</taro-button-core>"),
            framed("框里问称呼", "P3", inside="<p><label>怎么称呼您 <input name=nick></label></p>"),
            h5("支付宝里取用户", "P4a", phones=ALIPAY, script="document.addEventListener('AlipayJSBridgeReady',function(){AlipayJSBridge.call('getAuthCode',{appId:'2021',scopeNicks:['auth_user']},function(){})});if(window.AlipayJSBridge)AlipayJSBridge.call('getAuthCode',{appId:'2021',scopeNicks:['auth_user']},function(){})"),
            spa("登录墙", "P1", fee=SPA_FEE, script="V.enter=()=>[h('h2',{},'云栖中心'),h('p',{},'欢迎回来，请先验证身份'),h('input',{class:'i',placeholder:'账号'}),h('input',{class:'i',type:'password',placeholder:'密码'}),h('button',{class:'b'},'继续')]"),
        ],
    )  # fmt: skip
    yield (
        "pushed",
        [
            h5("强制关注后出费用", "P5a", phones=WECHAT, fee="<p style='text-align:center'>费用已算好</p>" + drawn("长按识别|关注江城停车|查看费用", 260, 180) + "<button class=btn id=pay disabled>关注后可支付</button>"),
            spa("首触弹卡", "P5c", script="addEventListener('pointerdown',()=>{" + popped("您有一张 6 元车主券待领取", "收下", "算了") + "},{once:true})"),
            taro("费用后半秒弹", "P5c", due="setTimeout(()=>{" + popped("升级车主俱乐部，本次立减 3 元", "立即升级", "放弃优惠") + "},500)"),
            server("券墙", "P5a", mid="<section><h3>车主福利社</h3><ul><li><a href='/q/1'>洗车 9.9 元</a><li><a href='/q/2'>加油满减</a><li><a href='/q/3'>领停车券包</a></ul></section>"),
            spa("自动续费默认勾选", "P5b", fee="<h2>¥8.00</h2><label style='font-size:11px;color:#999'><input type=checkbox checked>开通连续包月车位卡，首月 0.1 元，次月起 29 元/月自动续费</label><button class=b data-pay>支付 ¥8.10</button>"),
            h5("默认保险", "P5b", fee="<p style='font-size:26px'>9.50 元</p><p>停车费 8.00</p><p><span role=switch aria-checked=true tabindex=0 style='display:inline-block;width:40px;height:22px;border-radius:11px;background:#4caf50'></span> 停放车损险 1.50</p><button class=btn id=pay>去支付</button>"),
            server("下载客户端", "P5a", mid="<p>为了更快离场，请使用“临江出行”客户端缴费</p><p><a href='/dl/linjiang.apk' download>安装</a></p>"),
            spa("大按钮办卡小字支付", "P5d", fee="<h2>¥8.00</h2><button class=b style='background:#e53935;font-size:20px'>开通会员并支付 ¥6.00</button><p style='text-align:center'><a data-pay href='javascript:void 0' style='font-size:11px;color:#ccc'>原价 ¥8.00 离场</a></p>"),
            taro("跳小程序", "P5a", phones=WECHAT, mid="<a href='weixin://dl/business/?t=Xk2pQ'>打开小程序缴费，享自动抬杆</a>"),
            h5("假进度", "P5c", due=f"document.body.insertAdjacentHTML('beforeend','<div id=fp style=\"{COVER}\"><div style=\"{WINDOW}\"><p>正在为您匹配离场优惠 <b id=pc>12</b>%</p><p>附近 3 人刚领取了车主礼包</p></div></div>');var n=12,t=setInterval(function(){{n+=11;document.getElementById('pc').textContent=n;if(n>99){{clearInterval(t);document.getElementById('fp').remove()}}}},500)"),
        ],
    )  # fmt: skip
    yield (
        "sent elsewhere",
        [
            server("同域代理的统计", "P9b", script="fetch('/px/e',{method:'POST',body:JSON.stringify({ua:navigator.userAgent,sw:screen.width,sh:screen.height,tz:Intl.DateTimeFormat().resolvedOptions().timeZone,lang:navigator.language,ts:Date.now()})})"),
            server("别名统计", "P6", head="<script>document.write('<script src=\"https://stat.'+location.host.slice(4)+'/t.js\"><\\/script>')</script>", cname="collect.umeng.com"),
            spa("查费后信标带反写车牌", "P8b", ask="navigator.sendBeacon('https://log.carbeat-zoo.com/b',JSON.stringify({k:[...S.plate].reverse().join('')}))"),
            taro("片段里的车牌", "P8a", due="location.hash='#/detail?no='+encodeURIComponent(document.getElementById('ti').value)"),
            h5("一年的 Cookie", "P7a", script="document.cookie='_u='+Math.random().toString(36).slice(2)+';max-age=31536000;path=/'"),
            parts_page("柜台里存号牌", "P8c", due="sessionStorage.setItem('lastNo',$('n').value)"),
            h5("逐键上报", "P8c", key="navigator.sendBeacon('/a/i',v)"),
            framed("框外图片像素", "P6", outside="<img width=1 height=1 alt='' src='https://px.carbeat-zoo.com/1.gif'>"),
            spa("写剪贴板口令", "P9a", ask="navigator.clipboard&&navigator.clipboard.writeText('8.00 fu:/ 打开淘宝领红包').catch(()=>{});const c=document.createElement('textarea');c.value='fu:/';document.body.append(c);c.select();document.execCommand('copy');c.remove()"),
            server("定位找车场", "P9a", script="navigator.geolocation.getCurrentPosition(function(p){},function(){},{enableHighAccuracy:true})"),
            spa("显卡指纹", "P9b", script="(()=>{const g=document.createElement('canvas').getContext('webgl');const e=g&&g.getExtension('WEBGL_debug_renderer_info');const x=g?g.getParameter(e?e.UNMASKED_RENDERER_WEBGL:g.RENDERER):'';const c=document.createElement('canvas');const d=c.getContext('2d');d.font='16px Arial';d.fillText('云栖 parking 😃',4,20);fetch('/v2/env',{method:'POST',body:x+c.toDataURL().slice(-40)})})()"),
            server("入场照片地址", "P11b", fee=SERVER_FEE + "<p><img alt='' width=280 height=150 src='/cap/20261127/in_0812.jpg'></p><p>东一口 08:12:44 驶入</p>"),
        ],
    )  # fmt: skip
