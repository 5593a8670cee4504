"""Whole sites as the large parking platforms write them: uni-app, Vue, JSP, antd-mobile, a portal, Next.js."""

from typing import Any

from tests.selfcheck.zoo.vendors import HEAD, TO_PAY, Site, built

UNI = (
    HEAD
    + """<title>停车缴费</title><style>uni-page-body,uni-view,uni-button{display:block}uni-page-body{background:#f4f6f8;min-height:100vh;font:14px/1.6 -apple-system,"PingFang SC",sans-serif;color:#1f2329}.hd{background:#fff;padding:12px 15px;font-size:16px}.bx{background:#fff;margin:10px;border-radius:8px;padding:15px}.plate-input-body{display:flex;justify-content:space-between;margin:12px 0}
.plate-item{width:34px;height:44px;line-height:44px;border:1px solid #dcdfe6;border-radius:4px;text-align:center;font-size:18px}.plate-item.focus{border-color:#2d8cf0}.ne{border-style:dashed;border-color:#19be6b}uni-button{background:#2d8cf0;color:#fff;border-radius:5px;text-align:center;line-height:44px;font-size:17px;margin-top:14px}.row{display:flex;justify-content:space-between;padding:6px 0}
.amount{font-size:32px;text-align:center;padding:12px 0}.plate-kb{display:none;position:fixed;left:0;right:0;bottom:0;background:#d0d5d9;padding:8px 4px 20px;z-index:99}.kb-r{display:flex;justify-content:center}.k-item{min-width:30px;margin:3px 2px;height:40px;line-height:40px;background:#fff;border-radius:4px;text-align:center}.tip{color:#646a73;font-size:12px;padding:0 15px 70px}</style>@head@</head>
<body class="uni-body pages-index-index"><uni-app class=uni-app--maxwidth><uni-page data-page="pages/index/index"><uni-page-body><uni-view class=hd>@name@</uni-view>@top@<uni-view id=pg1><uni-view class=bx><uni-view>请输入车牌号</uni-view><uni-view class=plate-input-body id=pl></uni-view>@above@<uni-button id=q>@button@</uni-button></uni-view></uni-view><uni-view id=pg2></uni-view>@mid@
<uni-view class=tip>收费标准：首小时 5 元，之后每小时 3 元，24 小时封顶 38 元，30 分钟内免费。<br>收款单位：宁城智泊停车管理有限公司<br>客服电话 400-700-0000，投诉电话 12345 <a href='/privacy'>《隐私政策》</a></uni-view></uni-page-body></uni-page></uni-app><uni-view class=plate-kb id=kb></uni-view><script>
(function(){var P=[],cur=0,$=function(i){return document.getElementById(i)},K=$('kb'),pl=$('pl');
function paint(){pl.innerHTML='';for(var i=0;i<8;i++){var c=document.createElement('uni-view');c.className='plate-item'+(i===cur?' focus':'')+(i===7?' ne':'');c.textContent=P[i]||'';(function(i){c.onclick=function(){cur=Math.min(i,P.length);board();paint()}})(i);pl.appendChild(c)}}
function board(){var r=cur?['1234567890','QWERTYUP','ASDFGHJKL','ZXCVBNM']:['京津渝沪冀晋辽吉黑','苏浙皖闽赣鲁豫鄂湘','粤琼川贵云陕甘青蒙','桂宁新藏'];K.innerHTML=r.map(function(l){return '<uni-view class=kb-r>'+l.split('').map(function(k){return '<uni-view class=k-item>'+k+'</uni-view>'}).join('')+'</uni-view>'}).join('')+'<uni-view class=kb-r><uni-view class=k-item style="width:60px">删除</uni-view><uni-view class=k-item style="width:60px">完成</uni-view></uni-view>';K.style.display='block'}
K.onclick=function(e){var t=e.target;if(!/k-item/.test(t.className))return;var k=t.textContent;if(k==='删除'){P.pop();cur=P.length}else if(k==='完成'){K.style.display='none'}else if(cur<8){P[cur]=k;cur++}var plate=P.join('');@key@;board.call();if(k==='完成'||cur>7)K.style.display='none';paint()};paint();
$('q').onclick=function(){var plate=P.join('');if(plate.length<7)return;@ask@;K.style.display='none';var x=new XMLHttpRequest();x.open('POST','/wxpay/parking/queryFee');x.setRequestHeader('Content-Type','application/json');x.onload=function(){var d=JSON.parse(x.responseText);$('pg1').style.display='none';location.hash='#/pages/pay/index';if(!d.fee){$('pg2').innerHTML='<uni-view class=bx>未查询到停车费用，如有疑问请按对讲键</uni-view>';return}
$('pg2').innerHTML=`@fee@`;$('pay')&&($('pay').onclick=function(){@pay@});@due@};x.send(JSON.stringify({plateNo:plate,parkCode:'P00127'}))};@script@})();</script></body></html>"""
)
UNI_FEE = "<uni-view class=bx><uni-view class=amount>￥8.00</uni-view><uni-view class=row><uni-text>停车时长</uni-text><uni-text>1小时46分钟</uni-text></uni-view><uni-button id=pay>立即支付</uni-button></uni-view>"


def uni(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a uni-app page: cells for the plate, a keyboard below, the fee on a page behind the hash."""
    slots = {"head": "", "name": "万象汇 B 区停车场", "top": "", "above": "", "button": "查询停车费", "mid": "", "key": "", "ask": "", "fee": UNI_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, UNI, slots, parts)


VUE = (
    HEAD
    + """<title>@title@</title><style>body{margin:0;background:#f2f3f5;font:15px/1.5 Helvetica,sans-serif;color:#262626}.card_1xk2a{background:#fff;margin:12px;border-radius:10px;padding:14px}.label_9f{color:#888;margin:0 0 8px}.field_3c input{width:100%;box-sizing:border-box;font-size:20px;border:1px solid #e5e5e5;border-radius:6px;padding:11px}.btn_a7{display:block;width:100%;border:0;background:#ff7a00;color:#fff;border-radius:22px;padding:12px;font-size:17px;margin-top:14px}
.kbd_q1{position:fixed;left:0;right:0;bottom:0;background:#e6e8eb;z-index:30}.kbd_q1 ul{display:flex;flex-wrap:wrap;list-style:none;margin:0;padding:6px}.kbd_q1 li{width:9%;margin:.5%;background:#fff;text-align:center;line-height:38px;border-radius:4px}.kbd_q1 div{display:flex;justify-content:flex-end;padding:8px 14px;color:#ff7a00}.bar_k2{position:fixed;left:0;right:0;bottom:0;background:#fff;display:flex;align-items:center;justify-content:space-between;padding:8px 14px;border-top:1px solid #eee}.bar_k2 button{border:0;background:#ff7a00;color:#fff;border-radius:20px;padding:10px 26px;font-size:16px}
dl{margin:0;display:grid;grid-template-columns:auto auto;row-gap:8px}dd{margin:0;text-align:right}.sheet_m{position:fixed;inset:0;background:#0009;z-index:40}.sheet_m>section{position:absolute;left:0;right:0;bottom:0;background:#fff;border-radius:14px 14px 0 0;padding:16px}.foot_x{color:#777;font-size:12px;padding:6px 16px 90px}</style>@head@</head><body><div id=app data-v-app><div class=card_1xk2a><b>@name@</b></div>@top@<main id=view></main>@mid@<p class=foot_x>经营方：捷顺城停车服务（深圳）有限公司 ｜ 服务热线 0755-8300 0000<br>@rule@ <a href='/privacy'>隐私协议</a></p></div><script>
const $=s=>document.querySelector(s);let no='';
function home(){$('#view').innerHTML=`<div class=card_1xk2a><p class=label_9f>车牌号码</p><div class=field_3c><input id=pn readonly placeholder='请输入车牌号' value='${no}'></div>@above@<button class=btn_a7 id=go>@button@</button></div>`;$('#pn').onclick=pad;$('#go').onclick=go}
function pad(){let k=$('.kbd_q1');if(!k){k=document.createElement('div');k.className='kbd_q1';document.body.append(k);k.addEventListener('click',e=>{if(e.target.matches('li')){const c=e.target.textContent;no=c==='⌫'?no.slice(0,-1):(no+c).slice(0,8);$('#pn').value=no;@key@;pad()}else if(e.target.matches('span'))k.remove()})}k.innerHTML='<div><span>完成</span></div><ul>'+[...(no?'1234567890QWERTYUPASDFGHJKLZXCVBNM':'粤京津沪冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵渝青藏川宁琼')].map(c=>'<li>'+c+'</li>').join('')+'<li>⌫</li></ul>'}
async function go(){if(no.length<7)return;$('.kbd_q1')?.remove();@ask@;$('#go').textContent='查询中…';const r=await fetch('/api/v3/h5/parkorder/calc',{method:'POST',headers:{'Content-Type':'application/x-www-form-urlencoded'},body:new URLSearchParams({carNo:no,parkId:'8210'})});const d=await r.json();if(!d.fee){$('#view').innerHTML='<div class=card_1xk2a>没有查到这辆车的待缴订单<button class=btn_a7 onclick="home()">重新输入</button></div>';return}
$('#view').innerHTML=`@fee@`;@due@;const p=$('#pay');if(p)p.onclick=()=>{@pay@}}
home();@script@</script></body></html>"""
)
VUE_FEE = "<div class=card_1xk2a><dl><dt>停车时长</dt><dd>1小时46分</dd><dt>应收</dt><dd>¥8.00</dd></dl></div><footer class=bar_k2><span>合计 <b>¥8.00</b></span><button id=pay>立即支付</button></footer>"
VUE_RULE = "计费：小型车 4 元/小时，22 点后 10 元/次，当日最高 40 元"


def vue3(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a Vue page: a field that only opens a keyboard, a bar with the sum at the foot."""
    slots = {"head": "", "title": "停车缴费", "name": "科技园南区地库", "top": "", "above": "", "button": "去缴费", "mid": "", "rule": VUE_RULE, "key": "", "ask": "", "fee": VUE_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, VUE, slots, parts)


JSP = (
    HEAD
    + """<title>自助缴费</title><style>body{margin:0;font:16px/1.6 "Heiti SC",sans-serif;color:#333;background:#fff}.top{background:#e60012;color:#fff;padding:12px;text-align:center}.con{padding:14px}select,input[type=text]{font-size:18px;height:40px;border:1px solid #ccc}input[type=text]{width:130px;padding:0 6px}input[type=submit]{display:block;width:100%;height:44px;background:#e60012;color:#fff;border:0;border-radius:4px;font-size:17px;margin-top:16px}.g{color:#888;font-size:13px}</style>@head@</head>
<body><div class=top>@name@</div><div class=con>@top@<form action='/p/7F3K' method=post name=frm onsubmit='return chk()'><input type=hidden name=parkId value=10027><input type=hidden name=plateNo><p>车牌号码</p><p><select id=prov aria-label=省份><option>京<option>沪<option>津<option>冀<option>鲁<option>苏<option>浙<option>皖</select> <select id=let aria-label=字母><option>A<option>B<option>C<option>E<option>F<option>Q<option>N</select> <input type=text id=num maxlength=6 aria-label=号码 placeholder='后 5 位或 6 位'></p>@above@<input type=submit value='@button@'></form>@mid@
<p class=g>收费依据：本停车场实行市场调节价，3 元/30 分钟，不足 30 分钟按 30 分钟计，每日最高 60 元。</p><p class=g>收款商户：易泊时代（北京）停车管理有限公司<br>服务监督：010-5800 0000　价格举报：12315<br><a href='/privacy'>个人信息保护声明</a></p></div><script>
function chk(){var f=document.frm,v=document.getElementById('prov').value+document.getElementById('let').value+document.getElementById('num').value.toUpperCase();if(v.length<7){document.getElementById('num').focus();return false}f.plateNo.value=v;@ask@;return true}@script@</script></body></html>"""
)
JSP_FEE = "<table width='100%'><tr><td>停车时长<td>1 小时 46 分<tr><td>应付金额<td><b>8.00</b> 元</table><form action='/pay' method=post><input type=hidden name=orderId value=e7a1><input type=submit value='确认支付'></form>"


def jsp(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a JSP page: lists for province and letter, plain forms."""
    slots = {"head": "", "name": "国贸西停车楼", "top": "", "above": "", "button": "查询缴费", "mid": "", "ask": "", "script": ""}  # fmt: skip
    frame = (
        HEAD
        + "<title>费用确认</title></head><body style='font:16px/1.8 sans-serif;padding:14px'>%s<script>%s</script></body></html>"
    )
    more = {
        "due": frame % (parts.pop("fee", JSP_FEE), parts.pop("late", "")),
        "none": frame % ("<p>没有查询到您的停车订单</p>", ""),
    }
    return built(zh, breaks, JSP, slots, more | parts)


ANTM = (
    HEAD
    + """<title>停车服务</title><style>:root{--adm-color-primary:#1677ff}body{margin:0;background:#f5f5f5;font:15px/1.5 -apple-system,sans-serif}.adm-list{background:#fff}.adm-list-item{display:flex;align-items:center;padding:12px;border-bottom:1px solid #eee}.adm-list-item-content-prefix{width:84px}.adm-input-element{border:0;outline:0;font-size:17px;flex:1;width:100%}.adm-button{width:calc(100% - 24px);margin:12px;border:0;border-radius:4px;background:var(--adm-color-primary);color:#fff;font-size:18px;padding:10px}
.adm-mask{position:fixed;inset:0;background:rgba(0,0,0,.55);z-index:1000}.adm-popup-body{position:fixed;left:0;right:0;bottom:0;background:#fff;z-index:1001;padding:16px;border-radius:8px 8px 0 0}.adm-notice-bar{background:#fff9ed;color:#ff6010;padding:8px 12px;font-size:13px}.fine{color:#999;font-size:12px;padding:12px}</style>@head@</head><body><div id=root></div><div id=portal></div><script>
const J=(n,p,c)=>window.AlipayJSBridge?AlipayJSBridge.call(n,p||{},c||(()=>{})):0;const S={v:''};const el=i=>document.getElementById(i);
const App=()=>`@top@<div class=adm-list><div class=adm-list-item><div>停车场</div><div style='margin-left:24px'>@name@</div></div><div class=adm-list-item><div class=adm-list-item-content-prefix>车牌号</div><input class=adm-input-element id=cp placeholder='请输入车牌号，如浙A12345' autocomplete=off></div>@above@</div><button type=button class='adm-button adm-button-primary' id=ok><span>@button@</span></button>@mid@<div class=fine>收费标准：白天 2 元/15 分钟，夜间 5 元/次。<br>收款方：西溪湿地停车服务有限公司。服务电话 0571-8900 0000。<br><a href='/privacy'>隐私权政策</a></div>`;
const Bill=d=>`<div class=adm-mask></div><div class=adm-popup-body role=dialog aria-label=停车账单>@fee@</div>`;
setTimeout(()=>{el('root').innerHTML=App();el('cp').addEventListener('input',e=>{S.v=e.target.value.toUpperCase();const v=S.v;@typed@});el('ok').addEventListener('click',ask);@shown@},300);
async function ask(){const v=S.v;if(v.length<7)return;@ask@;const d=await(await fetch('/gateway.json?method=parking.bill.query',{method:'POST',headers:{'Content-Type':'application/json'},body:JSON.stringify({car_number:v,parking_id:'PI2088'})})).json();if(!d.fee){el('portal').innerHTML='<div class=adm-mask></div><div class=adm-popup-body>该车辆无待缴账单<button type=button class=adm-button id=bk>返回</button></div>';el('bk').onclick=()=>{el('portal').innerHTML=''};return}el('portal').innerHTML=Bill(d);@due@;const p=el('pay');if(p)p.onclick=()=>{@pay@}}@script@</script></body></html>"""
)
ANTM_FEE = "<p style='text-align:center;margin:0'>待支付</p><p style='text-align:center;font-size:32px;margin:6px'>8.00 元</p><p style='text-align:center;color:#999'>停车时长 1小时46分</p><button type=button class=adm-button id=pay>确认付款</button>"
ANTM_PAY = "window.AlipayJSBridge?J('tradePay',{tradeNO:'2026112822001'}):location.href='https://mclient.alipay.com/home/exterfaceAssign.htm?x=1'"


def antm(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page as antd-mobile draws it inside Alipay: a list, and the bill in a sheet."""
    slots = {"head": "", "name": "西溪湿地 P2", "top": "", "above": "", "button": "查询费用", "mid": "", "typed": "", "ask": "", "fee": ANTM_FEE, "pay": ANTM_PAY, "shown": "", "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, ANTM, slots, parts)


TOWN = (
    HEAD
    + """<title>临海市城市停车公共服务平台</title><style>body{margin:0;font:16px/1.7 "Microsoft YaHei",sans-serif;color:#303133}.el-header{background:#0a4d9c;color:#fff;padding:10px 14px}.el-main{padding:14px}.el-input__inner{width:100%;box-sizing:border-box;height:44px;border:1px solid #909399;border-radius:4px;padding:0 12px;font-size:18px}.el-button--primary{width:100%;height:46px;background:#0a4d9c;color:#fff;border:0;border-radius:4px;font-size:18px;margin-top:12px}.el-table{border-collapse:collapse;width:100%;font-size:14px}.el-table td,.el-table th{border:1px solid #dcdfe6;padding:6px}.el-alert{background:#fdf6ec;padding:8px 12px;font-size:14px}.el-footer{background:#f5f7fa;padding:12px 14px;font-size:13px;color:#606266}</style>@head@</head><body>
<header class=el-header><svg width=24 height=24 viewBox='0 0 24 24' aria-hidden=true><circle cx=12 cy=12 r=10 fill='#e6b422'/></svg> 临海市城市停车公共服务平台</header>@top@<main class=el-main><h1 style='font-size:20px'>@name@</h1><form id=f method=post action='/p/7F3K'><label class=el-form-item__label for=hphm>号牌号码</label><input class=el-input__inner id=hphm name=hphm autocomplete=off required>@above@<button class='el-button el-button--primary'>@button@</button></form><div id=res aria-live=polite></div>@mid@
<h2 style='font-size:17px'>收费公示</h2><table class=el-table><tr><th>区域<th>小型车<th>大型车<tr><td>一类<td>首半小时 3 元，之后 2 元/半小时<td>加倍<tr><td>二类<td>2 元/小时<td>4 元/小时</table></main><footer class=el-footer>执收单位：临海市城市停车管理中心　监督电话 0576-8500 0000、12345<br><a href='/privacy'>个人信息处理规则</a>　<a href='https://beian.miit.gov.cn/'>浙ICP备00000000号</a></footer><script>
document.getElementById('f').addEventListener('submit',async function(e){e.preventDefault();const v=this.hphm.value;@ask@;const r=await fetch('/p/7F3K',{method:'POST',body:new URLSearchParams(new FormData(this))});const t=await r.text();document.getElementById('res').innerHTML=t;const p=document.getElementById('pay');if(p){@late@}});@script@</script></body></html>"""
)
TOWN_FEE = "<h2>待缴停车费</h2><p>停放时长 1 小时 46 分，金额 <b>8.00</b> 元</p><form method=post action='/pay'><button class='el-button el-button--primary' id=pay>缴费</button></form>"


def town(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a town's portal: a form, and an answer in markup that a script puts in its place."""
    slots = {"head": "", "name": "道路停车缴费", "top": "", "above": "", "button": "查询", "mid": "", "ask": "", "late": "", "script": ""}  # fmt: skip
    more = {"due": parts.pop("fee", TOWN_FEE), "none": "<p>未查询到待缴费用。</p>"}
    return built(zh, breaks, TOWN, slots, more | parts)


NEXT = (
    HEAD.replace("zh-CN", "@lang@")
    + """<title>@title@</title><style>body{margin:0;font:16px/1.5 ui-sans-serif,system-ui}.mx-auto{max-width:28rem;margin:0 auto;padding:1rem}.rounded-lg{border-radius:.5rem;border:1px solid #d4d4d8;padding:.75rem;font-size:1.25rem;width:100%;box-sizing:border-box}.bg-emerald-700{background:#047857;color:#fff;border:0;border-radius:.5rem;padding:.8rem;width:100%;font-size:1.1rem;margin-top:.75rem}.text-zinc-500{color:#5f5f68;font-size:.85rem}.grid{display:grid;grid-template-columns:1fr auto;gap:.4rem}</style>@head@</head>
<body><div id=__next><main class=mx-auto><h1 class=text-xl>@name@</h1>@top@<div id=panel><label for=vrm>@label@</label><input id=vrm class=rounded-lg autocomplete=off autocapitalize=characters>@above@<button id=next class=bg-emerald-700>@button@</button></div>@mid@<p class=text-zinc-500>@foot@</p></main></div><script id=__NEXT_DATA__ type=application/json>{"props":{"pageProps":{"lot":"K3"}},"page":"/p/[code]","buildId":"a81f"}</script><script>
const $=i=>document.getElementById(i);$('next').addEventListener('click',async()=>{const v=$('vrm').value.replace(/\\s/g,'').toUpperCase();if(v.length<7)return;@ask@;const d=await(await fetch('/api/session',{method:'POST',headers:{'content-type':'application/json'},body:JSON.stringify({vrm:v})})).json();if(!d.fee){$('panel').innerHTML='<p>@none@</p>';return}$('panel').innerHTML=`@fee@`;@due@;const p=$('pay');if(p)p.onclick=()=>{@pay@}});@script@</script></body></html>"""
)
HONGKONG = {"lang": "zh-HK", "title": "泊車繳費", "name": "海濱廣場停車場", "label": "車牌號碼", "button": "查閱泊車費", "none": "沒有待繳的泊車費，如有查詢請按對講機。", "fee": "<div class=grid><span>泊車時數</span><span>1 小時 46 分鐘</span><span>應繳</span><b>HK$8.00</b></div><button id=pay class=bg-emerald-700>繳付 HK$8.00</button>", "foot": "每小時 HK$12，星期日及公眾假期每小時 HK$15。收款商戶：海濱停車場管理有限公司。查詢熱線 2800 0000。<a href='/privacy'>私隱政策聲明</a>"}  # fmt: skip
ENGLISH = {"lang": "en", "title": "Pay for parking", "name": "Terminal 2 short stay car park", "label": "Number plate", "button": "Find my stay", "none": "Nothing to pay for this plate right now. Press the help button at the exit if the barrier stays down.", "fee": "<div class=grid><span>Time parked</span><span>1 h 46 min</span><span>To pay</span><b>CNY 8.00</b></div><button id=pay class=bg-emerald-700>Pay CNY 8.00</button>", "foot": "CNY 5 per hour, CNY 60 per day. Payee: Airport Parking Services Co., Ltd. Help: 021-9600 0000. <a href='/privacy'>Privacy notice</a>"}  # fmt: skip
TAIPEI = {"lang": "zh-TW", "title": "停車費線上繳納", "name": "松仁路立體停車場", "label": "車牌號碼（含英數字）", "button": "查詢停車費", "none": "查無待繳金額，若柵欄未升起請按服務鈴。", "fee": "<div class=grid><span>停放時間</span><span>1 小時 46 分</span><span>應繳金額</span><b>8 元</b></div><button id=pay class=bg-emerald-700>前往繳費</button>", "foot": "每小時 40 元，當日上限 200 元。收款單位：松仁停車事業股份有限公司。客服專線 0800-000-000。<a href='/privacy'>個人資料保護聲明</a>"}  # fmt: skip


def nextjs(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a Next.js page; its words are HONGKONG's, TAIPEI's or ENGLISH's."""
    slots = {"head": "", "lang": "", "title": "", "name": "", "top": "", "label": "", "above": "", "button": "", "mid": "", "foot": "", "none": "", "ask": "", "fee": "", "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, NEXT, slots, ENGLISH | parts)
