"""Families of pages on sites of the large parking platforms, a town's portal, and in Hong Kong, Taiwan and English.

Written and labelled before any of them was counted, by someone who had read the rules.
"""

from collections.abc import Iterator

from tests.selfcheck.zoo.animals import ALIPAY, Animal
from tests.selfcheck.zoo.platforms import (
    ANTM_FEE,
    HONGKONG,
    JSP_FEE,
    TAIPEI,
    TOWN_FEE,
    UNI_FEE,
    VUE_FEE,
    antm,
    jsp,
    nextjs,
    town,
    uni,
    vue3,
)
from tests.selfcheck.zoo.unseen_tricks import code, picture
from tests.selfcheck.zoo.vendors import HEAD

AWAY = "https://m.shop-allday.com"
UNIONPAY = "https://qr.95516.com/qrcGtwWeb-web/front/pay?txnNo=7"


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "platforms as they should be",
        [
            uni("价目展开", mid="<uni-view class=bx><details><summary>收费标准明细</summary><p>工作日 8:00—20:00 首小时 5 元，后续 3 元/小时</p><p>周末及法定节假日 首小时 6 元，后续 4 元/小时</p><p>新能源车凭绿牌每日首 2 小时免费（市发改委规定）</p><p>军警、残疾人车辆免费，请走人工通道</p></details></uni-view>"),
            uni("商户减免已计入", due='document.title="订单详情"', fee="<uni-view class=bx><uni-view class=row><uni-text>停车费</uni-text><uni-text>￥14.00</uni-text></uni-view><uni-view class=row><uni-text>商户减免（2 小时）</uni-text><uni-text>-￥6.00</uni-text></uni-view><uni-view class=amount>￥8.00</uni-view><uni-button id=pay>立即支付</uni-button></uni-view>", mid="<uni-view class=tip>在商场消费后，请凭小票在服务台登记车牌，减免时长由系统自动抵扣，本页无需操作。</uni-view>"),
            uni("开票入口", mid="<uni-view class=tip><a href='/invoice'>电子发票</a> · <a href='/help'>常见问题</a></uni-view>", routes=(("/invoice", HEAD + "<title>开票</title></head><body><h1>电子发票</h1><p>缴费完成后 180 天内，可凭支付凭证上的商户订单号在本页开具电子普通发票，由收款单位开具。</p></body></html>"), ("/help", HEAD + "<title>帮助</title></head><body><h1>常见问题</h1><p>车牌输错了怎么办？返回上一页重新输入即可。</p><p>缴费后多久离场？15 分钟内。</p><p>道闸不抬杆怎么办？请按对讲键，值班员会核对缴费结果。</p></body></html>"))),
            uni("先核对车牌再查", ask="if(!window.okd){$('kb').style.display='none';var m=document.createElement('uni-view');m.setAttribute('role','dialog');m.style.cssText='position:fixed;left:10%;right:10%;top:35%;background:#fff;border-radius:8px;padding:18px;box-shadow:0 0 0 999px #0007;z-index:100';m.innerHTML='<uni-view>请确认车牌号</uni-view><uni-view style=\"font-size:20px\">'+plate+'</uni-view><uni-button id=yy>确认无误</uni-button><uni-button id=nn style=\"background:#999\">返回修改</uni-button>';document.body.appendChild(m);$('yy').onclick=function(){window.okd=1;m.remove();$('q').click()};$('nn').onclick=function(){m.remove()};return}"),
            vue3("费用明细面板", fee="<div class=card_1xk2a><dl><dt>停车时长</dt><dd>1小时46分</dd><dt>应收</dt><dd>¥8.00</dd></dl><p style='text-align:right;color:#ff7a00' id=mx>费用明细 ›</p></div><footer class=bar_k2><span>合计 <b>¥8.00</b></span><button id=pay>立即支付</button></footer>", due="$('#mx').onclick=()=>{const s=document.createElement('div');s.className='sheet_m';s.innerHTML='<section><b>费用明细</b><dl><dt>第 1 小时</dt><dd>¥4.00</dd><dt>第 2 小时</dt><dd>¥4.00</dd><dt>合计</dt><dd>¥8.00</dd></dl><button class=btn_a7>关闭</button></section>';s.onclick=e=>{if(e.target.tagName==='BUTTON'||e.target===s)s.remove()};document.body.append(s)}"),
            vue3("选支付方式", fee="<div class=card_1xk2a><dl><dt>停车时长</dt><dd>1小时46分</dd></dl></div><div class=card_1xk2a><p class=label_9f>请选择支付方式</p><p><label><input type=radio name=ch value=wx checked> 微信支付</label></p><p><label><input type=radio name=ch value=ali> 支付宝</label></p><p><label><input type=radio name=ch value=up> 云闪付</label></p><p><label><input type=radio name=ch value=dc> 数字人民币</label></p></div><footer class=bar_k2><span>应付 <b>¥8.00</b></span><button id=pay>确认支付</button></footer>"),
            vue3("无牌车与呼叫", mid="<div class=card_1xk2a style='display:flex;justify-content:space-around'><a href='/noplate'>无牌车缴费</a><a href='tel:075583000000'>呼叫岗亭</a><a href='/complain'>投诉建议</a></div>", routes=(("/noplate", HEAD + "<title>无牌车</title></head><body><h1>无牌车缴费</h1><p>请扫描出口岗亭处的出场码，或按入场时领取的小票号码告知值班员缴费。</p></body></html>"), ("/complain", HEAD + "<title>投诉</title></head><body><h1>投诉渠道</h1><p>服务热线 0755-8300 0000（24 小时）。对收费有异议，可拨打 12315 或 12345。</p></body></html>"))),
            vue3("会员码另设", mid="<p class=foot_x style='padding-bottom:0'>本码只用于缴费。商场会员积分抵扣停车费请到 L1 服务台另扫会员码办理，是否会员停车费相同。</p>"),
            jsp("收单行收银台内嵌", pay=HEAD + f"<title>收银台</title></head><body style='margin:0'><iframe title=收银台 src='{UNIONPAY}' style='border:0;width:100%;height:640px'></iframe></body></html>", headers={"Content-Security-Policy": "frame-ancestors 'none'"}),
            jsp("选区与防骗", above="<p><label>停车区域 <select name=area><option value=1>A 座地下<option value=2>B 座地下<option value=3>南侧地面</select></label></p>", mid="<p style='color:#c00'>温馨提示：本停车场工作人员不会以任何理由要求您添加微信或转账，凡要求扫码加好友领取停车优惠的均为诈骗，请拨打 110。</p>"),
            jsp("页内长说明", mid="<details><summary>个人信息保护声明</summary><p>我们仅处理您输入的车牌号，用于查询本次停车费用；不收集手机号、姓名、位置；不设置 Cookie；不向任何第三方提供。车辆离场 24 小时后删除。联系电话 010-5800 0000。</p></details>"),
            antm("支付宝收银台", phones=ALIPAY),
            antm("假码提醒", top="<div class=adm-notice-bar role=alert>近期发现有人张贴假冒停车码，请认准网址与收款方，谨防受骗</div>"),
            antm("长者版", mid="<div class=fine><a href='/p/7F3K?mode=elder'>长者版</a>　<a href='/rule'>计费规则</a></div>", fee=ANTM_FEE + "<p style='color:#999;font-size:12px'>请在付款后 15 分钟内离场，超时将重新计费</p>", routes=(("/rule", HEAD + "<title>计费规则</title></head><body><h1>计费规则</h1><p>白天（8:00-20:00）2 元/15 分钟，夜间（20:00-次日 8:00）5 元/次。15 分钟内免费。</p></body></html>"),)),
            town("补缴须知", mid="<div class=el-alert>逾期未缴的道路停车费，可到各区停车管理服务窗口现金缴纳；对欠费有异议的，请携带行驶证到窗口复核。</div>"),
            town("节假日政策", mid="<div class=el-alert>2026 年国庆节期间（10 月 1 日至 7 日）全市道路泊位免费停放，依据《临海市机动车停放服务收费管理办法》（临发改价格〔2025〕12 号），<a href='https://fgw.linhai.gov.cn/art/7.html'>查看原文</a>。</div>"),
            town("大字与朗读", top="<nav style='padding:6px 14px'><a href='/p/7F3K?size=large'>大字版</a> <a href='#hphm'>跳到主要内容</a> <button type=button id=rd>朗读本页</button></nav>", mid="<p>不会使用手机缴费的市民，可到路侧管理员处现金缴费，或拨打 12345。</p>", script="document.getElementById('rd').onclick=function(){window.speechSynthesis&&speechSynthesis.speak(new SpeechSynthesisUtterance('请输入号牌号码查询停车费'))}"),
            nextjs("香港停車場", **HONGKONG, mid="<p>八達通用戶請於出口閘機拍卡，無須在此繳費。</p><p><a href='tel:28000000'>致電管理處</a></p>"),
            nextjs("臺北停車場", **TAIPEI, mid="<p>身心障礙者停車優惠，請持證明至管理室辦理登記。</p><p>發票將於繳費後自動存入雲端，亦可於出口列印。</p>"),
            nextjs("Airport car park", mid="<p>Lost ticket? Speak to the attendant at the exit lane. Long stay guests: follow the blue signs to car park P4.</p><p><a href='/tariff'>All prices</a></p>", routes=(("/tariff", HEAD + "<title>Prices</title></head><body><h1>Prices</h1><p>CNY 5 per hour. CNY 60 per day. The first 15 minutes are free.</p></body></html>"),)),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "before the fee",
        [
            uni("关注服务号才给看费用", "P5a", fee="<uni-view class=bx><uni-view>您的停车账单已生成</uni-view><uni-view>长按下图，进入“宁城智泊”后回复 1 即可查看金额</uni-view>" + code("https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz=MzA3") + "</uni-view>"),
            uni("常用车牌", "P7a", key="try{localStorage.setItem('recentPlates',JSON.stringify([plate]))}catch(e){}"),
            vue3("协议更新墙", "P5c", script="setTimeout(()=>{const s=document.createElement('div');s.className='sheet_m';s.innerHTML='<section><h3>服务协议及隐私政策更新提示</h3><p>我们更新了《用户服务协议》《个人信息共享清单》，请阅读并同意后使用停车服务。</p><button class=btn_a7>同意并继续</button></section>';s.querySelector('button').onclick=()=>s.remove();document.body.append(s)},700)"),
            vue3("埋点带车牌", "P8b", key="if(no.length>6){const o={distinct_id:'h5',event:'plate_input',properties:{p:no,ts:1}};navigator.sendBeacon('https://sdk.growth-zoo.com/sa.gif?project=park','data_list='+encodeURIComponent(btoa(unescape(encodeURIComponent(JSON.stringify(o))))))}"),
            jsp("表单带微信编号", "P3", above="<input type=hidden name=openid value='oT8x15kq2b'><input type=hidden name=appid value='wx88'>"),
            jsp("车牌进网址", "P8a", ask="location.href='/fee.do?parkId=10027&plateNo='+encodeURIComponent(v);return false"),
            antm("打开就拿手机号", "P4a", phones=ALIPAY, shown="J('getPhoneNumber',{protocols:{isvAppId:'2021'}})"),
            antm("查费时塞口令", "P9a", ask="const t=document.createElement('textarea');t.value='红包码 7788 复制打开支付宝领取';document.body.append(t);t.select();document.execCommand('copy');t.remove()"),
            town("找附近泊位", "P9a", top="<div style='padding:6px 14px'>当前位置：<span id=lo>定位中</span></div>", script="navigator.geolocation&&navigator.geolocation.getCurrentPosition(function(p){document.getElementById('lo').textContent=p.coords.latitude},function(){document.getElementById('lo').textContent='未知'})"),
            town("地图脚本", "P6", head="<script async src='https://webapi.map-zoo.com/maps?v=2.0&key=abc'></script>"),
            nextjs("先登入通訊軟體", "P5a", **(TAIPEI | {"button": "以 LINE 帳號繼續"})),
            nextjs("Session replay", "P9b", script="const log=[];new MutationObserver(m=>log.push(m.length)).observe(document,{subtree:true,childList:true,attributes:true});for(const n of['pointerdown','pointermove','scroll','input'])addEventListener(n,e=>log.push(n),{passive:true,capture:true});setInterval(()=>{if(log.length)fetch('/_v/ingest',{method:'POST',body:JSON.stringify(log.splice(0))})},1500)"),
        ],
    )  # fmt: skip
    yield (
        "with the fee and after",
        [
            uni("付款前送券包", "P5d", pay="var b=document.createElement('uni-view');b.style.cssText='position:fixed;left:8%;right:8%;top:20%;height:320px;background:#ff5b4c;color:#fff;border-radius:12px;z-index:200;text-align:center;padding-top:40px';b.innerHTML='<uni-view style=\"font-size:22px\">恭喜获得车主专享礼</uni-view><uni-view>下次停车立减 3 元</uni-view><uni-button id=get>收下并支付</uni-button>';document.body.appendChild(b);$('get').onclick=function(){location.href='https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx27'}"),
            uni("电子凭证要手机", "P3", fee=UNI_FEE.replace("<uni-button", "<uni-view class=row><uni-text>接收凭证</uni-text><input type=number maxlength=11 placeholder='请填写手机'></uni-view><uni-button")),
            uni("风控脚本", "P9b", script="setTimeout(function(){var c=document.createElement('canvas');c.width=220;c.height=30;var g=c.getContext('2d');g.textBaseline='top';g.font=\"14px 'Arial'\";g.fillText('ning,park <canvas> 1.0',2,15);var h=c.toDataURL().slice(-40);var x=new XMLHttpRequest();x.open('POST','/risk/v2/report');x.send(h)},500)"),
            vue3("隔壁小店", "P12d", fee=VUE_FEE.replace("<footer", "<div class=card_1xk2a onclick=\"location.href='" + AWAY + "/bbq'\" style='display:flex;cursor:pointer'><img alt='' width=96 height=72 src=\"" + picture("炭火|烤肉") + "\"><div style='margin-left:10px'>L2 炭火烤肉铺<br><small>出示停车订单，锅底我们请</small></div></div><footer")),
            vue3("待使用的券", "P5a", fee=VUE_FEE.replace("</dl>", "<dt>优惠券</dt><dd><a href='/coupon/center'>您有 1 张待领停车券 ›</a></dd></dl>")),
            jsp("一元保障已勾", "P5b", fee=JSP_FEE.replace("<input type=submit", "<p><label><input type=checkbox name=ins checked> 1 元车身划痕保障（本次停车）</label></p><input type=submit")),
            jsp("来访统计", "P11b", fee=JSP_FEE.replace("</table>", "<tr><td>本月到访<td>6 次，共停放 86 小时</table>")),
            antm("跳生活号", "P5a", phones=ALIPAY, fee=ANTM_FEE + "<p style='text-align:center' id=fo>＋ 一键关注，停车早知道</p>", due="el('fo').onclick=()=>J('startApp',{appId:'20000042',param:{publicBizType:'LIFE_APP',publicId:'2018'}})"),
            antm("取消付款后挽留", "P5c", phones=ALIPAY, pay="J('tradePay',{tradeNO:'2026112822001'},()=>{});setTimeout(()=>{el('portal').insertAdjacentHTML('beforeend','<div class=adm-popup-body role=dialog style=\"top:20%;bottom:20%;z-index:1100\"><p style=\"font-size:20px\">别走！2 元红包还没拿</p><button type=button class=adm-button>拿红包并付款</button></div>')},300)"),
            town("办理 ETC", "P5a", fee=TOWN_FEE + "<p><button type=button class='el-button el-button--primary' style='background:#e6a23c' onclick=\"location.href='/etc/apply'\">办 ETC，路边停车自动扣</button></p>"),
            nextjs("網頁繳費加收", "P12e", **(HONGKONG | {"fee": HONGKONG["fee"].replace("<span>應繳", "<span>網頁繳費附加費（使用 App 豁免）</span><span>HK$2.00</span><span>應繳")})),
            nextjs("Opted in", "P5b", fee="<div class=grid><span>To pay</span><b>CNY 8.00</b></div><p><label><input type=checkbox name=mk checked> Keep me posted about lounge and fast-track news</label></p><button id=pay class=bg-emerald-700>Pay CNY 8.00</button>"),
        ],
    )  # fmt: skip
