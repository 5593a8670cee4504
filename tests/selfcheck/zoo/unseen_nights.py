"""Families of pages counted after the rules had learnt from the batch before: chats, tables of keys, bills at addresses of their own.

Written and frozen together with that batch, before the rules were read on that day.
"""

from collections.abc import Iterator
from typing import Any

from tests.selfcheck.zoo.animals import ALIPAY, WECHAT, Animal
from tests.selfcheck.zoo.builders import (
    DIALOG_FEE,
    IONIC_FEE,
    LIT_FEE,
    PORTAL_FEE,
    TAIWAN_FEE,
    canvas,
    dialog,
    ionic,
    lit,
    portal,
    react,
    taiwan,
    vant,
    webforms,
)
from tests.selfcheck.zoo.unseen_tricks import picture
from tests.selfcheck.zoo.vendors import HEAD, TO_PAY, Site, built

CHAT = (
    HEAD
    + """<title>停车小帮手</title><style>body{margin:0;background:#ededed;font:16px/1.5 sans-serif}.m{max-width:78%;background:#fff;border-radius:8px;padding:10px 12px;margin:10px;width:fit-content}.r{margin-left:auto;background:#95ec69}.bar{position:fixed;left:0;right:0;bottom:0;display:flex;gap:8px;background:#f7f7f7;padding:8px}
.bar input{flex:1;font:inherit;padding:9px;border:0;border-radius:6px}.bar button,.m button{font:inherit;border:0;background:#07c160;color:#fff;border-radius:6px;padding:9px 16px}#log{padding-bottom:80px}</style>@head@</head><body><div id=log><div class=m>@name@：请在下方输入您的车牌号，我来查停车费。</div><div class=m>收费 6 元/小时，收款方为衡山路商业街管理公司，人工电话 021-5400 0000。<a href='/privacy'>信息使用说明</a></div>@top@</div>
<div class=bar>@above@<input id=say aria-label=车牌号 placeholder=车牌号><button id=send>@button@</button></div><script>
const log=document.getElementById('log'),add=(h,c)=>{const d=document.createElement('div');d.className='m '+(c||'');d.innerHTML=h;log.append(d);d.scrollIntoView()};const say=document.getElementById('say');
say.oninput=()=>{const v=say.value;@typed@};document.getElementById('send').onclick=async()=>{const v=say.value.trim();if(v.length<7)return;@ask@;add(v,'r');const w=setTimeout(()=>add('正在查…'),200);const d=await(await fetch('/bot',{method:'POST',body:JSON.stringify({q:v})})).json();clearTimeout(w);
if(!d.fee){add('没有查到需要付的停车费。');return}add(`@fee@`);document.getElementById('pay').onclick=()=>{@pay@};@due@};@script@</script></body></html>"""
)
CHAT_FEE = "停车 1 小时 12 分，应付 8.00 元。<br><button id=pay>付 8.00 元</button>"

KIOSK = (
    HEAD
    + """<title>缴费</title><style>body{margin:0;padding:12px;font:18px/1.5 sans-serif;background:#002b36;color:#eee}table{width:100%;border-spacing:4px}td.k{background:#073642;text-align:center;padding:9px 0;border-radius:4px}#pl{font-size:30px;letter-spacing:6px;border:2px solid #2aa198;padding:8px;min-height:44px}.g{background:#2aa198;color:#002b36;padding:12px;text-align:center;border-radius:6px;margin:10px 0}a{color:#93a1a1}</style>@head@</head><body><b>@name@</b>@top@
<div id=pl aria-label=车牌 aria-live=polite></div><table id=kb></table>@above@<div class=g id=q>@button@</div><div id=o></div>@mid@<p style='font-size:13px'>蓝牌 5 元/时 绿牌 4 元/时，收款 北站枢纽停车场有限公司，电话 0451-8800 0000，<a href='/privacy'>隐私须知</a></p><script>
let v='';const $=i=>document.getElementById(i);function pad(){const rows=v?['1234567890','QWERTYUP','ASDFGHJKL','ZXCVBNM←']:['京津冀晋蒙辽吉黑','沪苏浙皖闽赣鲁豫','鄂湘粤桂琼渝川贵','云藏陕甘青宁新←'];$('kb').innerHTML=rows.map(r=>'<tr>'+[...r].map(c=>'<td class=k>'+c).join('')).join('')}
$('kb').onclick=e=>{const t=e.target;if(t.className!=='k')return;v=t.textContent==='←'?v.slice(0,-1):(v+t.textContent).slice(0,8);$('pl').textContent=v;@key@;pad()};pad();
$('q').onclick=async()=>{if(v.length<7)return;@ask@;const d=await(await fetch('/k/fee',{method:'POST',body:new URLSearchParams({p:v})})).json();$('kb').innerHTML='';if(!d.fee){$('o').innerHTML='该车没有欠费';return}$('o').innerHTML=`@fee@`;$('pay').onclick=()=>{@pay@};@due@};@script@</script></body></html>"""
)
KIOSK_FEE = "<p style='font-size:26px'>应付 8.00 元</p><div class=g id=pay>扫码付款</div>"


def chat(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page that is a conversation: the plate is typed like a message."""
    slots = {"head": "", "name": "衡山路停车", "top": "", "above": "", "button": "发送", "typed": "", "ask": "", "fee": CHAT_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, CHAT, slots, parts)


def kiosk(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page whose keys are cells of a table, and whose plate is no field."""
    slots = {"head": "", "name": "北站枢纽 P4", "top": "", "above": "", "button": "查询应付金额", "mid": "", "key": "", "ask": "", "fee": KIOSK_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, KIOSK, slots, parts)


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "chats and tables of keys",
        [
            chat("对话式"),
            kiosk("表格键盘"),
            chat("对话式微信内", phones=WECHAT, pay="WeixinJSBridge.invoke('getBrandWCPayRequest',{appId:'wx9',package:'prepay_id=wx30'},function(){})"),
            kiosk("表格键盘支付宝", phones=ALIPAY, pay="AlipayJSBridge.call('tradePay',{orderStr:'app_id=2021&biz_content=x'},function(){})"),
            chat("收钱吧收银台", pay="location.href='https://qr.shouqianba.com/gateway?terminal_sn=2001&total_amount=800'"),
            kiosk("繁体站名", name="臺北車站地下停車場"),
            vant("招行一网通", pay="location.href='https://netpay.cmbchina.com/netpayment/BaseHttp.dll?MB_EUserPay&amt=8.00'"),
            webforms("收银台在内框", fee="<p>应收金额：8.00 元</p><iframe title=收银台 src='https://gateway.95516.com/gateway/api/frontTransReq.do' width=340 height=420></iframe>"),
            react("查费出错可重试", ask="if(!window.t){window.t=1;root.insertAdjacentHTML('beforeend','<p id=er role=alert>网络不畅，请再试一次</p>');return}document.getElementById('er')&&document.getElementById('er').remove()"),
            lit("无费用说明", mid="<p>十五分钟内进出不收费。</p>"),
        ],
    )  # fmt: skip
    yield (
        "operators again",
        [
            chat("夜市", top="<div class=m>今晚夜市 18:00 开市，西侧车道只出不进。</div>"),
            kiosk("火车站即停即走", mid="<p>送客平台限停 10 分钟，超时请驶入 P4。</p>"),
            dialog("住院家属", mid="<p>住院家属可凭床头卡在护士站盖章，于收费窗口办理一日 8 元。</p>"),
            portal("停电", outside="<p style='padding:0 10px'>明日（周日）9 时至 11 时检修，自助缴费机停用，请现金缴费或事后补缴。</p>"),
            taiwan("月租公告", mid="<p>月租車位每月 3,600 元，額滿候補請洽管理室，恕不於網路受理。</p>"),
            canvas("门票已含停车", mid="<p>持当日景区门票的小车减半，请在出口出示，由工作人员处理。</p>"),
            ionic("优惠活动说明而不引导", mid="<ion-note>商场消费满额的停车优惠由商户收银时登记车牌，离场自动抵扣。</ion-note>"),
            react("谢绝推销", mid="<p>本页不推销任何东西，也不需要关注、注册、下载。</p>"),
            webforms("个人信息提示", mid="<p>我们不会向您索要姓名、手机号或验证码。</p>"),
            vant("失物招领", mid="<div class=hint>失物招领：B1 监控室，凭有效证件领取。</div>"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "pushed",
        [
            chat("机器人推卡", "P5a", fee=CHAT_FEE + "<br><button onclick=\"location.href='/vipcard'\">办张畅停卡，立省一半</button>"),
            kiosk("右下角红包", "P5a", mid=f"<img alt='' width=84 height=84 style='position:fixed;right:6px;bottom:80px' src='{picture('领|红包')}' onclick=\"location.href='/hb'\">"),
            dialog("付款后又一窗", "P5d", pay="d.innerHTML='<p>恭喜获得免费洗车一次</p><button onclick=\"location.href=`/wash`\">马上领取</button><p><small onclick=\"" + TO_PAY.replace("'", "`") + "\">放弃并付款</small></p>'"),
            canvas("全屏开屏图", "P5c", script=f"document.body.insertAdjacentHTML('beforeend',`<div id=sp style='position:fixed;inset:0;z-index:99;background:#fff'><img alt='' style='width:100%;height:100%' src='{picture('雁栖湖音乐节|早鸟票开售')}'></div>`);setTimeout(()=>document.getElementById('sp').remove(),5000)"),
            lit("推荐商品", "P12d", fee=LIT_FEE + "<ul><li>玻璃水 2 升 ¥9.9<li>车载香薰 ¥29</ul>"),
            taiwan("加入會員折抵", "P5a", fee=TAIWAN_FEE + "<p><a href='/member/new'>立即入會，本次折 10 元</a></p>"),
            ionic("下载安装包", "P5a", pay="const a=document.createElement('a');a.href='/app/gangwan.apk';a.download='gangwan.apk';a.click();setTimeout(()=>{" + TO_PAY + "},600)"),
            webforms("广告框", "P6", mid="<iframe src='https://ad.broadcast-zoo.com/slot?id=7' width=320 height=100 style='border:0' title=a></iframe>"),
            react("返回陷阱", "P5c", script="for(let i=0;i<6;i++)history.pushState({i},'');addEventListener('popstate',()=>history.pushState({},''))"),
            portal("保证金", "P12d", fee=PORTAL_FEE.replace("账单金额 8.00 元", "停车费 8.00 元，设备维护基金 1.00 元，合计 9.00 元")),
        ],
    )  # fmt: skip
    yield (
        "taken",
        [
            chat("问称呼", "P3", above="<input aria-label=您贵姓 placeholder=您贵姓 required style='width:5em'>", ask="if(!document.querySelector('[aria-label=您贵姓]').value)return"),
            kiosk("逐键发自家", "P8c", key="fetch('/k/t',{method:'PUT',body:v})"),
            dialog("免密协议预勾", "P5b", fee=DIALOG_FEE + "<label><input type=checkbox checked> 开通无感支付并授权扣款</label>"),
            canvas("字体集合指纹", "P9b", script="(()=>{const k=document.createElement('canvas').getContext('2d');const w=[];for(const f of 'Arial,Courier,Georgia,Times,Verdana,Tahoma,Impact,Palatino,Garamond,Bookman,SimSun,SimHei,KaiTi,FangSong,Meiryo,Gulim,Batang,Futura,Didot,Optima,Menlo,Monaco,Consolas,Candara,Corbel,Cambria,Calibri,Segoe UI,Lucida,Rockwell,Baskerville,Copperplate,Papyrus,Brush Script MT,Hoefler Text,Geneva,Chalkboard,Noteworthy,Zapfino,Skia,Symbol,Wingdings,Webdings,Trebuchet MS,Comic Sans MS,MingLiU,DFKai-SB,NSimSun,YouYuan,LiSu,STXihei'.split(',')){k.font='72px \"'+f+'\",monospace';w.push(k.measureText('mmmmmmmmmmlli').width)}navigator.sendBeacon('/f',w.join())})()"),
            vant("会话里存车牌", "P8c", due="sessionStorage.setItem('c',btoa(unescape(encodeURIComponent(plate))))"),
            webforms("跳转中转", "P5d", fee="<p>应收金额：8.00 元</p><form method=post action='https://jump.paybridge-zoo.com/go'><input type=hidden name=o value=1><input type=submit value='缴 费'></form>"),
            react("打开即要相册", "P9a", ask="navigator.mediaDevices&&navigator.mediaDevices.enumerateDevices&&navigator.mediaDevices.getUserMedia({audio:true}).catch(()=>{})"),
            lit("网页字体外站", "P6", script="new FontFace('x','url(https://font.typehub-zoo.com/a.woff2)').load().catch(()=>{})"),
            ionic("账单列历史", "P11b", fee=IONIC_FEE + "<ion-item>上次停车：11 月 21 日，3 小时</ion-item>"),
            chat("心跳带标识", "P3", script="setInterval(()=>fetch('/hb',{method:'POST',body:JSON.stringify({deviceId:'8e0f6d1c-77aa-4c9f-9f0a-2b1d6e5c4a3b',openid:'oX2cF5k9'})}),1500)"),
        ],
    )  # fmt: skip
