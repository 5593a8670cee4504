"""Families of pages on sites of further vendors: other frameworks, hotels, parks, acquirers; faults in their less obvious form.

Written before the rules were read on that day, and frozen before any of them was counted.
"""

from collections.abc import Iterator

from tests.selfcheck.zoo.animals import ALIPAY, WECHAT, Animal
from tests.selfcheck.zoo.builders import (
    TAIWAN_FEE,
    VANT_FEE,
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
from tests.selfcheck.zoo.vendors import TO_PAY

OAUTH = "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx5a&redirect_uri=https%3A%2F%2Fpay.example.cn%2Fcb&response_type=code&state=1&scope="
SELF_POSTED = "<form id=y method=post action='https://{}'><input type=hidden name=txnAmt value=800><input type=hidden name=orderId value=P2026112800017></form><p>正在前往银行付款页…</p><script>document.getElementById('y').submit()</script>"
AWAY = "https://m.lifehub-zoo.com"


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "frameworks",
        [
            webforms("网页表单"),
            vant("键盘与底部面板"),
            react("散列路由"),
            ionic("影子输入框"),
            lit("嵌套组件"),
            lit("封闭嵌套组件", mode="closed"),
            portal("市级门户内嵌"),
            taiwan("繁體表單"),
            canvas("画布显示车牌"),
            dialog("原生对话框"),
            react("三秒后渲染", delay="3000"),
            vant("微信里的面板", phones=WECHAT, pay="WeixinJSBridge.invoke('getBrandWCPayRequest',{appId:'wx5a',timeStamp:'1',nonceStr:'n',package:'prepay_id=wx28',signType:'RSA',paySign:'s'},function(r){})"),
            ionic("支付宝里的影子框", phones=ALIPAY, pay="window.my&&my.tradePay?my.tradePay({tradeNO:'20261128220014'}):AlipayJSBridge.call('tradePay',{tradeNO:'20261128220014'},function(){})"),
            react("查询时骨架屏", ask="root.querySelector('.css-9n2m1z').textContent='加载中…';root.querySelector('.css-9n2m1z').insertAdjacentHTML('afterend','<div style=\"height:60px;background:#eaecf0;border-radius:8px;margin-top:12px\"></div>')"),
            webforms("校验提示", script="document.getElementById('ctl00_txtCph').onblur=function(){if(this.value.length<7&&!document.getElementById('tip'))this.insertAdjacentHTML('afterend','<span id=tip style=\"color:#c00\">请输入完整车牌</span>')}"),
            canvas("轻提示", ask="document.body.insertAdjacentHTML('beforeend','<div id=ts style=\"position:fixed;left:30%;top:45%;background:#000d;color:#fff;padding:10px 18px;border-radius:8px\">请稍候</div>');setTimeout(()=>document.getElementById('ts').remove(),900)"),
        ],
    )  # fmt: skip
    yield (
        "cashiers and choices",
        [
            webforms("银联收银台", pay=SELF_POSTED.format("gateway.95516.com/gateway/api/frontTransReq.do")),
            dialog("通联收银台", pay="location.href='https://syb.allinpay.com/apiweb/h5unionpay/unionorder?cusid=5500&reqsn=28'"),
            webforms("建行龙支付", pay=SELF_POSTED.format("ibsbjstar.ccb.com.cn/CCBIS/ccbMain?CCB_IBSVersion=V6")),
            canvas("拉卡拉收银台", pay="location.href='https://pay.lakala.com/r/0000?payOrderNo=21'"),
            react("数字人民币与微信", fee="<p>待付</p><p style='font-size:34px;margin:0'>8.00 元</p><label><input type=radio name=c checked> 微信支付</label><br><label><input type=radio name=c> 数字人民币</label><br><label><input type=radio name=c> 云闪付</label><div class=css-9n2m1z role=button tabindex=0 data-act=pay>付款</div>"),
            lit("支付时静默授权", phones=WECHAT, pay=f"location.href='{OAUTH}snsapi_base#wechat_redirect'"),
            ionic("两种付款按钮", fee="<ion-item style='font-size:26px'>¥ 8.00</ion-item><ion-button id=pay tabindex=0>微信支付</ion-button><ion-button tabindex=0 onclick=\"location.href='https://mclient.alipay.com/home/exterfaceAssign.htm'\">支付宝</ion-button>"),
            vant("商户减免后余额", fee="<p>停车费 14.00 元</p><p>商户减免 −6.00 元</p><p style='font-size:30px'>实付 ¥8.00</p><div class=van-button id=pay>去支付</div>"),
        ],
    )  # fmt: skip
    yield (
        "what operators say",
        [
            dialog("医院说明", mid="<p>急诊送医车辆前 30 分钟免费；住院患者家属凭腕带到一楼收费窗口办理包日 10 元。</p>"),
            vant("酒店住客", name="云栖酒店停车场", mid="<div class=hint>住店客人请到礼宾部登记车号，离店当日免费，无需在此付款。</div>"),
            canvas("公园长者", mid="<p>65 岁以上长者驾车，凭身份证件在岗亭享半价，本页按全价计。</p>"),
            webforms("维护通知", top="<p style='background:#fff8e1;padding:8px'>系统通知：11 月 30 日 0:00 至 2:00 停机维护，其间请在出口使用现金或 ETC。</p>"),
            react("付后可补小票", mid="<p style='color:#475467;font-size:13px'>需要短信小票的，付款后可凭交易单号到服务台登记，也可以不要。</p>"),
            ionic("会员另有入口", mid="<ion-note>会员权益请扫蓝色标牌，本页只收停车费，与会员无关。</ion-note>"),
            portal("反诈提示", outside="<p style='padding:0 10px'>泉城停车不会来电退费，也不会让您下载软件或共享屏幕，接到此类电话请拨 96110。</p>"),
            taiwan("優惠時段說明", mid="<p>每日 22 時至翌日 8 時，每次 60 元為上限。身心障礙車輛請洽管理室辦理半價。</p>"),
            lit("月租公示", mid="<p>长租车位：300 元/月，请携行驶证到物业中心办理，名额公示在大堂。</p>"),
            webforms("无牌车取票号", above="<p>无牌车请填小票上的票号：<input type=text name=ticket size=10></p>"),
            dialog("语言选择", top="<p><select aria-label=语言><option>简体中文<option>繁體中文<option>English</select></p>"),
            canvas("长辈版", top="<p><button type=button onclick=\"document.body.style.fontSize='22px'\">大字版</button></p>"),
            vant("新能源切换", above="<div class=van-cell><span>新能源车</span><span role=switch aria-checked=false tabindex=0 style='width:44px;height:24px;border-radius:12px;background:#ddd;display:inline-block' onclick=\"this.setAttribute('aria-checked',this.getAttribute('aria-checked')==='false')\"></span></div>"),
            react("查费前核对", ask="if(!document.getElementById('cf')){await new Promise(k=>{root.insertAdjacentHTML('beforeend','<div id=cf role=dialog aria-label=核对 style=\"position:fixed;left:6%;right:6%;top:30%;background:#fff;border:1px solid #98a2b3;padding:20px\"><p>车牌 '+st.n+' 对吗？</p><button id=y>对，查费</button> <button id=n>改一下</button></div>');document.getElementById('y').onclick=()=>{document.getElementById('cf').remove();k()};document.getElementById('n').onclick=()=>document.getElementById('cf').remove()})}"),
            portal("投诉举报", outside="<p style='padding:0 10px'>举报乱收费：12315。停车管理员持证上岗，工号见胸牌。</p>"),
            ionic("充电另计", mid="<ion-note>充电费在充电桩上另行结算；充满后请及时挪车。</ion-note>"),
            taiwan("遺失車票", mid="<p>遺失代幣請按對講機，由管理員查核入場時間，工本費 100 元。</p>"),
            lit("付款后离场", fee="<p>应交停车费 <strong>8.00</strong> 元</p><lot-key id=pay>付款</lot-key><p>付款后 20 分钟内出场，超时另计。</p>"),
            dialog("发票说明", mid="<p>电子发票：付款成功后在本页“发票”中填抬头开具，三十日内有效。</p>"),
            react("呼叫值班", mid="<a href='tel:02587000000' style='position:fixed;right:14px;bottom:60px;background:#fff;border:1px solid #d0d5dd;border-radius:24px;padding:8px 14px'>☎ 呼叫值班室</a>"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "advertisements and detours",
        [
            webforms("背景图广告位", "P12d", mid=f"<div onclick=\"location.href='{AWAY}/car'\" style=\"height:110px;background:url('{picture('国庆购车节|置换补贴一万')}') center/cover;cursor:pointer\"></div>"),
            react("付款后先出好礼", "P12d", pay="root.insertAdjacentHTML('afterbegin','<a href=\"" + AWAY + "/lucky\" style=\"display:block;background:#fce\"><img alt=\"\" width=340 height=160 src=\"" + picture("全民砍价|0 元拿") + "\">好礼天天送</a>');setTimeout(()=>{" + TO_PAY + "},3500)"),
            lit("组件里的推广位", "P12d", mid="<promo-slot></promo-slot>", script=f"customElements.define('promo-slot',class extends HTMLElement{{connectedCallback(){{this.attachShadow({{mode:'closed'}}).innerHTML=`<a href='{AWAY}/villa' style='display:block;background:linear-gradient(#fa0,#f50);color:#fff;height:96px;text-align:center;line-height:96px'>湖景叠墅 恭迎品鉴</a>`}}}})"),
            vant("付款前关注墙", "P5d", pay="$('pop').innerHTML='<div class=van-overlay></div><div class=van-popup><p style=\"text-align:center\">长按识别，关注后自动跳转付款</p><img alt=\"\" width=160 height=160 src=\"" + picture("扫码|关注") + "\"></div>'"),
            ionic("先去应用再看金额", "P5a", fee="<ion-item>账单已生成</ion-item><ion-button tabindex=0 onclick=\"location.href='intent://park/bill#Intent;scheme=gangwan;package=com.gangwan.park;end'\">打开“港湾出行”查看金额</ion-button><ion-button id=pay tabindex=0 hidden>付款</ion-button>"),
            canvas("抽奖画布", "P5c", due="const o=document.createElement('div');o.style='position:fixed;inset:0;background:#000c;z-index:9';const w=document.createElement('canvas');w.width=w.height=300;w.style='margin:120px 30px';o.append(w);const k=w.getContext('2d');for(let i=0;i<6;i++){k.fillStyle=i%2?'#f55':'#fd5';k.beginPath();k.moveTo(150,150);k.arc(150,150,140,i*1.047,(i+1)*1.047);k.fill()}k.fillStyle='#000';k.font='20px sans-serif';k.fillText('点我抽免单',100,155);w.onclick=()=>o.remove();document.body.append(o)"),
            dialog("账单加保险", "P12d", fee="<table><tr><td>停车费<td>8.00<tr><td>驾乘意外保障<td>3.00<tr><td>合计<td>11.00</table><button id=pay>现在付款 11.00</button>"),
            react("注册才见价", "P5a", fee="<p>已找到您的账单</p><p>金额仅对注册用户可见</p><div class=css-9n2m1z role=button tabindex=0 onclick=\"location.href='/join'\">一秒注册，查看金额</div>"),
            taiwan("訂閱推播", "P5a", mid="<p><button type=button onclick=\"location.href='https://line.me/R/ti/p/@heping'\">訂閱好康，繳費再折 10 元</button></p>"),
            portal("门户底部宫格", "P5a", outside="<nav style='display:flex;justify-content:space-around;padding:10px'><a href='/bx'>车险比价</a><a href='/jy'>优惠加油</a><a href='/xc'>上门洗车</a><a href='/wz'>违章代办</a></nav>"),
            webforms("影片自播", "P12d", top="<video autoplay muted loop playsinline width=340 height=190 poster='/a.jpg' src='/promo.mp4'></video>"),
            vant("服务费区别", "P12e", fee="<p>停车费 ¥8.00</p><p>平台服务费 ¥0.80（会员免收）</p><p style='font-size:30px'>¥8.80</p><div class=van-button id=pay>立即支付 ¥8.80</div>"),
            lit("凑整捐款", "P12d", fee="<p>停车费 8.00 元</p><p>爱心凑整 2.00 元</p><p>应付 10.00 元</p><lot-key id=pay>微信付款</lot-key>"),
            dialog("倒计时开卡", "P12d", fee="<p id=cd>02:59 后失效</p><p>开车主卡立减 6 元，今日仅 9.9 元</p><h2>8.00 元</h2><button id=pay>现在付款</button>", due="let n=179;setInterval(()=>{n--;const c=document.getElementById('cd');if(c)c.textContent='0'+(n/60|0)+':'+('0'+n%60).slice(-2)+' 后失效'},1000)"),
        ],
    )  # fmt: skip
    yield (
        "consent and identity",
        [
            webforms("选填其实必填", "P3", above="<p>联系手机（选填）：<input type=text name='ctl00$txtLx' id=lx></p>", ask="if(!document.getElementById('lx').value){document.getElementById('lx').style.borderColor='red';return}"),
            ionic("可编辑区要号码", "P3", above="<ion-item><ion-label>方便我们联系您</ion-label><div contenteditable role=textbox aria-label=手机号码 style='border-bottom:1px solid #ccc;min-height:24px'></div></ion-item>"),
            react("付款时取头像昵称", "P4a", phones=WECHAT, pay=f"location.href='{OAUTH}snsapi_userinfo#wechat_redirect'"),
            canvas("桥取手机号", "P4a", phones=ALIPAY, ask="AlipayJSBridge.call('getPhoneNumber',{},function(){})"),
            dialog("支付宝用户授权", "P4a", phones=ALIPAY, pay="window.my&&my.getAuthCode?my.getAuthCode({scopes:['auth_user']}):AlipayJSBridge.call('getAuthCode',{scopeNicks:['auth_user']},function(){})"),
            vant("图标画的勾", "P5b", fee=VANT_FEE + "<p><i id=ck style='display:inline-block;width:16px;height:16px;border-radius:50%;background:#1989fa;color:#fff;text-align:center;line-height:16px' onclick=\"this.style.background=this.style.background?'':'#1989fa'\">✓</i> 同意开通免密代扣并加入禾木会员</p>"),
            taiwan("預先同意", "P5b", fee=TAIWAN_FEE.replace("<button>", "<label><input type=checkbox name=agree checked>同意提供車號予合作夥伴行銷使用</label> <button>")),
            lit("组件里预选开关", "P5b", above="<div role=switch aria-checked=true tabindex=0 style='padding:6px'>加入绿洲业主福利社 ●</div>"),
            portal("来源调查必答", "P3", above="<p>您从哪里得知本停车场？<label><input type=radio name=from value=1>地图</label><label><input type=radio name=from value=2>朋友</label></p><input type=hidden>", ask="if(!document.querySelector('[name=from]:checked'))return"),
            react("邮箱收据", "P3", fee="<p style='font-size:34px'>8.00 元</p><input type=email aria-label=邮箱 placeholder='收据邮箱' required><div class=css-9n2m1z role=button tabindex=0 data-act=pay>付 8.00 元</div>"),
            vant("查费拉小程序", "P5a", phones=WECHAT, mid="<wx-open-launch-weapp username='gh_0001' path='pages/index'><script type='text/wxtag-template'><button>用小程序缴费更快</button></script></wx-open-launch-weapp>"),
        ],
    )  # fmt: skip
    yield (
        "behind the page",
        [
            dialog("样式表里的像素", "P6", head="<style>#a:focus{background:url(https://px.admon-zoo.com/f.gif)}body{--x:1}</style>"),
            canvas("付款时保活请求", "P6", pay="fetch('https://ev.admon-zoo.com/pay',{method:'POST',keepalive:true,body:'amount=8'}).catch(()=>{});setTimeout(()=>{location.href='https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb'},50)"),
            react("主题项里藏编号", "P7a", script="localStorage.ui_theme=localStorage.ui_theme||'light-'+crypto.getRandomValues(new Uint32Array(4)).join('')"),
            webforms("库里存编号", "P7a", script="var q=indexedDB.open('ac',1);q.onupgradeneeded=function(){q.result.createObjectStore('k')};q.onsuccess=function(){try{q.result.transaction('k','readwrite').objectStore('k').put(Math.random(),'u')}catch(e){}}"),
            lit("第二次来才种下", "P7a", script="if(/(^|; )s=1/.test(document.cookie))document.cookie='_vid='+crypto.randomUUID()+';max-age=63072000;path=/';else document.cookie='s=1;path=/'"),
            portal("缓存里存编号", "P7a", outer="caches.open('v1').then(c=>c.put('/id',new Response(crypto.randomUUID())))"),
            ionic("实体标签编号", "P7a", headers={"ETag": '"{random}"', "Cache-Control": "private, no-cache"}),
            vant("查费时取定位", "P9a", ask="navigator.geolocation.getCurrentPosition(function(){},function(){})"),
            react("查费时写剪贴板", "P9a", ask="const t=document.createElement('textarea');t.value='3复制打开，搜 868686';document.body.append(t);t.select();document.execCommand('copy');t.remove()"),
            taiwan("離屏畫布指紋", "P9b", script="try{const o=new OffscreenCanvas(200,40),x=o.getContext('2d');x.font='18px serif';x.fillText('Cwm fjord 停車 🚗',2,24);o.convertToBlob().then(b=>b.arrayBuffer()).then(b=>fetch('/m',{method:'POST',body:b}))}catch(e){}"),
            ionic("显卡参数", "P9b", script="(()=>{const g=document.createElement('canvas').getContext('webgl');if(!g)return;const p=[];for(const n of [3379,34024,34076,36347,36348,36349,33901,33902])p.push(String(g.getParameter(n)));p.push(g.getSupportedExtensions().join());navigator.sendBeacon('/rest/env',p.join('|'))})()"),
            canvas("车牌分两半外送", "P8b", ask="new Image().src='https://img.admon-zoo.com/a.png?v='+encodeURIComponent(v.slice(0,4));setTimeout(()=>{new Image().src='https://img.admon-zoo.com/b.png?v='+encodeURIComponent(v.slice(4))},60)"),
            dialog("打洞探地址", "P6", script="const c=new RTCPeerConnection({iceServers:[{urls:'stun:stun.admon-zoo.com:3478'}]});c.createDataChannel('x');c.createOffer().then(o=>c.setLocalDescription(o))"),
            webforms("链接里的回执", "P6", fee="<p>应收金额：8.00 元</p><a href='/pay' ping='https://ping.admon-zoo.com/c'>缴费</a>"),
            portal("内框接力统计", "P6", inside="<iframe src='https://w.admon-zoo.com/w.html' width=0 height=0 style='border:0' title=w></iframe>"),
            vant("逐键图片上报", "P8c", key="new Image().src='/k.gif?c='+plate.length+'&k='+encodeURIComponent(plate)"),
            taiwan("明細有進場照", "P11b", fee=TAIWAN_FEE + "<figure><img alt='' width=300 height=160 src='/shot/in.jpg'><figcaption>07:58 於 B1 入口</figcaption></figure>"),
            react("地址里编码车牌", "P8a", ask="history.replaceState(null,'','?t='+btoa(unescape(encodeURIComponent(st.n))))"),
            lit("通知权限", "P9a", ask="window.Notification&&Notification.requestPermission()"),
        ],
    )  # fmt: skip
