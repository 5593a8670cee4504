"""Families of pages of further kits: a province to be picked first, WeUI from PHP, Angular Material, a wizard in steps.

Written and labelled before any of them was counted, by someone who had mended the rules for the batch before.
"""

from collections.abc import Iterator
from typing import Any

from tests.selfcheck.zoo.animals import WECHAT, Animal
from tests.selfcheck.zoo.unseen_styles import drawn
from tests.selfcheck.zoo.unseen_tricks import code
from tests.selfcheck.zoo.vendors import HEAD, TO_PAY, Site, built

SVELTE = (
    HEAD
    + """<title>停车缴费</title><style>body{margin:0;font:16px/1.5 system-ui,sans-serif;background:#fff;color:#111}.s-1a{padding:20px 16px}.s-2b{display:flex;border:2px solid #111;border-radius:8px;overflow:hidden}.s-2b button{border:0;background:#eee;font-size:20px;padding:10px 14px}.s-2b input{border:0;outline:0;flex:1;font-size:22px;padding:10px;min-width:0;text-transform:uppercase}.s-3c{width:100%;border:0;border-radius:8px;background:#111;color:#fff;font-size:18px;padding:13px;margin-top:14px}
.s-4d{position:fixed;inset:auto 0 0 0;background:#fafafa;border-top:1px solid #ccc;display:grid;grid-template-columns:repeat(8,1fr);gap:6px;padding:12px}.s-4d button{padding:10px 0;border:1px solid #ddd;background:#fff;border-radius:6px}small{color:#666}</style>@head@</head><body><div class=s-1a><h2>@name@</h2>@top@<section id=one><label for=rest>车牌号</label><div class=s-2b><button type=button id=pv aria-label=选择省份>沪 ▾</button><input id=rest maxlength=8 autocomplete=off placeholder='A12345'></div>@above@<button type=button class=s-3c id=go>@button@</button></section><section id=two hidden></section>@mid@
<p><small>计费：6 元/小时，全天封顶 60 元，前 20 分钟免费。<br>收款方：上海徐汇滨江停车有限公司，电话 021-6400 0000。<a href='/privacy'>隐私说明</a></small></p></div><script>
const $=i=>document.getElementById(i);let pv='沪';$('pv').onclick=()=>{const d=document.createElement('div');d.className='s-4d';d.innerHTML=[...'京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼'].map(c=>'<button type=button>'+c+'</button>').join('');d.onclick=e=>{if(e.target.tagName==='BUTTON'){pv=e.target.textContent;$('pv').textContent=pv+' ▾';d.remove();$('rest').focus()}};document.body.append(d)};
$('rest').oninput=e=>{const t=e.target.value.toUpperCase();if(/^[\\u4e00-\\u9fff]/.test(t)){pv=t[0];$('pv').textContent=pv+' ▾';e.target.value=t.slice(1)}const v=pv+e.target.value.toUpperCase();@typed@};
$('go').onclick=async()=>{const v=pv+$('rest').value.toUpperCase();if(v.length<7)return;@ask@;const d=await(await fetch('/fees',{method:'POST',headers:{'content-type':'application/json'},body:JSON.stringify({lpn:v})})).json();$('one').hidden=true;$('two').hidden=false;if(!d.fee){$('two').textContent='没有需要支付的停车费';return}$('two').innerHTML=`@fee@`;@due@;const p=$('pay');if(p)p.onclick=()=>{@pay@}};@script@</script></body></html>"""
)
SVELTE_FEE = "<p>停车 1 小时 46 分</p><p style='font-size:34px;margin:0'>¥8.00</p><button type=button class=s-3c id=pay>付款</button>"

WEUI = (
    HEAD
    + """<title>停车缴费</title><style>body{margin:0;background:#ededed;font:17px/1.4 -apple-system,"Helvetica Neue",sans-serif}.weui-cells__title{padding:14px 16px 4px;color:#8a8a8a;font-size:14px}.weui-cells{background:#fff}.weui-cell{display:flex;align-items:center;padding:14px 16px;border-bottom:1px solid #eee}.weui-label{width:90px}.weui-input{border:0;outline:0;font-size:17px;flex:1;width:100%}.weui-btn{display:block;width:184px;margin:24px auto;background:#07c160;color:#fff;border:0;border-radius:8px;text-align:center;padding:12px;font-size:17px;text-decoration:none}.weui-footer{text-align:center;color:#8a8a8a;font-size:13px;padding:20px}.weui-toast{position:fixed;left:50%;top:40%;margin-left:-68px;width:136px;height:136px;background:#4c4c4c;color:#fff;border-radius:12px;text-align:center;line-height:136px;z-index:5000}</style>@head@</head><body>@top@
<form method=post action='/index.php?s=/park/fee' id=fm><div class=weui-cells__title>@name@</div><div class=weui-cells><div class=weui-cell><label class=weui-label for=cph>车牌号</label><input class=weui-input id=cph name=cph placeholder='请输入车牌号' autocomplete=off></div>@above@</div><button class=weui-btn>@button@</button></form>@mid@
<div class=weui-footer>收费标准 3 元/小时（蓝牌）2 元/小时（绿牌）<br>商户名称 南郡第一人民医院后勤服务公司<br>咨询 0716-8100 0000 <a href='/privacy'>隐私条款</a></div><script>document.getElementById('fm').onsubmit=function(){var v=this.cph.value;if(v.length<7){var t=document.createElement('div');t.className='weui-toast';t.textContent='车牌有误';document.body.appendChild(t);setTimeout(function(){t.remove()},1500);return false}@ask@;return true};@script@</script></body></html>"""
)
WEUI_FEE = "<div class=weui-cells><div class=weui-cell>停车时长：1 小时 46 分</div><div class=weui-cell>应缴金额：8.00 元</div></div><form method=post action='/pay'><button class=weui-btn>立即缴费</button></form>"

MAT = (
    HEAD
    + """<title>Parking | 停车</title><style>body{margin:0;font:15px/1.5 Roboto,"Noto Sans SC",sans-serif;background:#fafafa}mat-toolbar,mat-card,mat-form-field{display:block}mat-toolbar{background:#3f51b5;color:#fff;padding:14px 16px;font-size:18px}mat-card{background:#fff;margin:12px;padding:16px;border-radius:4px;box-shadow:0 1px 4px #0003}.mat-mdc-input-element{width:100%;border:0;border-bottom:1px solid #888;font-size:20px;padding:8px 0;outline:0}.mdc-button{border:0;background:#3f51b5;color:#fff;border-radius:4px;padding:10px 20px;font-size:15px;margin-top:14px}.hint{color:#666;font-size:13px;padding:0 16px 20px}</style>@head@</head><body><app-root ng-version=17.3.0><mat-toolbar>@name@</mat-toolbar>@top@<mat-card id=c1><mat-form-field><label for=mat-input-0>车牌号码</label><input id=mat-input-0 class=mat-mdc-input-element maxlength=8 autocomplete=off></mat-form-field>@above@<button mat-raised-button class=mdc-button id=b1 disabled><span class=mdc-button__label>@button@</span></button></mat-card><mat-card id=c2 style='display:none'></mat-card>@mid@
<div class=hint>收费 5 元/时，最高 50 元/天 · 收款单位：钱江国际机场停车管理部 · 服务 0571-8600 0000 · <a href='/privacy'>隐私声明</a></div></app-root><script>
const q=s=>document.querySelector(s);const i=q('#mat-input-0');i.addEventListener('input',()=>{q('#b1').disabled=i.value.length<7;const v=i.value;@typed@});q('#b1').addEventListener('click',async()=>{const v=i.value;@ask@;const d=await(await fetch('/api/parking-sessions/search',{method:'POST',headers:{'content-type':'application/json'},body:JSON.stringify({plate:v})})).json();const c=q('#c2');c.style.display='block';if(!d.fee){c.textContent='该车牌没有待付费用';return}c.innerHTML=`@fee@`;@due@;const p=q('#pay');if(p)p.onclick=()=>{@pay@}});@script@</script></body></html>"""
)
MAT_FEE = "<p>停车时长 106 分钟</p><h2>CNY 8.00</h2><button class=mdc-button id=pay><span class=mdc-button__label>支付</span></button>"

WIZARD = (
    HEAD
    + """<title>自助缴费</title><style>body{margin:0;font:16px/1.6 sans-serif;background:#f0f5ff;color:#1d2129}.steps{display:flex;justify-content:space-around;background:#fff;padding:12px;font-size:13px;color:#86909c;list-style:none;margin:0}.steps .now{color:#165dff;font-weight:700}.pane{background:#fff;margin:12px;border-radius:8px;padding:16px}.pane input{width:100%;box-sizing:border-box;padding:12px;font-size:18px;border:1px solid #c9cdd4;border-radius:6px}.pri{display:block;width:100%;border:0;background:#165dff;color:#fff;padding:12px;border-radius:6px;font-size:17px;margin-top:14px}.gray{color:#86909c;font-size:12px;padding:0 16px 30px}</style>@head@</head><body><h1 style='font-size:18px;padding:12px 16px;margin:0'>@name@</h1><ol class=steps><li id=s1 class=now>① 输入车牌<li id=s2>② 支付<li id=s3>③ 离场</ol>@top@<div class=pane id=pn></div>@mid@
<p class=gray>小车 4 元/小时、大车 8 元/小时。收费单位：天府文创园停车服务部。电话：028-8500 0000。<a href='/privacy'>隐私保护</a></p><script>
const g=i=>document.getElementById(i);const step=n=>{for(let k=1;k<4;k++)g('s'+k).className=k===n?'now':''};
function one(){step(1);g('pn').innerHTML=`<label for=hp>请输入车牌号</label><input id=hp autocomplete=off maxlength=8>@above@<button class=pri id=nx>@button@</button>`;g('hp').oninput=e=>{const v=e.target.value;@typed@};g('nx').onclick=look}
async function look(){const v=g('hp').value;if(v.length<7)return;@ask@;const r=await fetch('/h5/step2',{method:'POST',body:new URLSearchParams({hp:v})});const d=await r.json();two(d,v)}
function two(d,v){step(2);if(!d.fee){g('pn').innerHTML='<p>没有查到需要支付的停车费，可直接离场。</p><button class=pri onclick=one()>返回</button>';return}g('pn').innerHTML=`@fee@`;@due@;const p=g('pay');if(p)p.onclick=()=>{@pay@}}
one();@script@</script></body></html>"""
)
WIZARD_FEE = "<p>停车时长：1 小时 46 分钟</p><p style='font-size:30px;margin:6px 0'>8.00 元</p><button class=pri id=pay>支付停车费</button>"


def svelte(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page whose province is picked from a sheet, and the rest typed."""
    slots = {"head": "", "name": "西岸艺术中心停车场", "top": "", "above": "", "button": "查询", "mid": "", "typed": "", "ask": "", "fee": SVELTE_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, SVELTE, slots, parts)


def weui(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page of WeUI's cells that PHP renders."""
    slots = {"head": "", "name": "南郡第一人民医院停车场", "top": "", "above": "", "button": "查询费用", "mid": "", "ask": "", "script": ""}  # fmt: skip
    frame = HEAD + "<title>应缴费用</title></head><body style='font:17px sans-serif'>%s<script>%s</script></body></html>"  # fmt: skip
    more = {
        "due": frame % (parts.pop("fee", WEUI_FEE), parts.pop("late", "")),
        "none": frame % ("<p>未查询到停车记录，无需缴费</p>", ""),
    }
    return built(zh, breaks, WEUI, slots, more | parts)


def mat(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page as Angular Material builds it: the button wakes up when the plate is complete."""
    slots = {"head": "", "name": "钱江机场 P1", "top": "", "above": "", "button": "查询", "mid": "", "typed": "", "ask": "", "fee": MAT_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, MAT, slots, parts)


def wizard(zh: str, *breaks: str, **parts: Any) -> Site:
    """Return a page that shows its steps."""
    slots = {"head": "", "name": "天府文创园地下停车场", "top": "", "above": "", "button": "下一步", "mid": "", "typed": "", "ask": "", "fee": WIZARD_FEE, "pay": TO_PAY, "due": "", "script": ""}  # fmt: skip
    return built(zh, breaks, WIZARD, slots, parts)


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "kits as they should be",
        [
            svelte("省份先选"),
            svelte("费用有时限", fee=SVELTE_FEE + "<p id=cd>费用将在 04:59 后更新</p>", due="let n=299;setInterval(()=>{n--;const c=$('cd');if(c)c.textContent='费用将在 0'+(n/60|0)+':'+String(n%60).padStart(2,'0')+' 后更新'},1000)"),
            svelte("商户券已抵扣", fee="<p>停车 1 小时 46 分</p><p>应收 ¥12.00</p><p>商户停车券抵扣 −¥4.00（1 张）</p><p style='font-size:34px;margin:0'>¥8.00</p><button type=button class=s-3c id=pay>付款</button>", mid="<p><small>在店内消费可向收银员索取停车券，券由店员扫车牌核销。</small></p>"),
            weui("拍下的公示牌", mid="<div style='padding:10px'>" + drawn("停车收费公示牌|小型车 3 元/小时|价格举报 12315") + "</div>"),
            weui("页脚很多链接", mid="<div class=weui-footer><a href='/about'>关于我们</a> · <a href='/license'>营业执照公示</a> · <a href='/agreement'>用户协议</a> · <a href='/contact'>联系方式</a><br><a href='https://beian.mps.gov.cn/#/query/webSearch?code=42100002000000'>鄂公网安备 42100002000000号</a></div>", routes=tuple((f"/{n}", HEAD + f"<title>{t}</title></head><body><h1>{t}</h1><p>{w}</p></body></html>") for n, t, w in (("about", "关于我们", "医院后勤服务公司负责院内停车场的收费与秩序管理。"), ("license", "营业执照", "统一社会信用代码 91420000MA00000000，经营范围：停车场服务。"), ("agreement", "用户协议", "使用本页面查询并支付停车费，即适用停车场收费规则。"), ("contact", "联系方式", "停车管理办公室：门诊楼一层，电话 0716-8100 0000。")))),
            weui("就诊减免须知", mid="<div class=weui-footer>当日就诊患者凭挂号单可减免 1 小时停车费，请在门诊大厅导诊台办理后再缴费；住院家属请到病区护士站登记。</div>"),
            mat("三种语言", top="<nav style='padding:8px 16px'><a href='/p/7F3K?lang=en'>English</a> | <a href='/p/7F3K?lang=ja'>日本語</a> | <a href='/p/7F3K?lang=ko'>한국어</a></nav>"),
            mat("充电费分开", mid="<mat-card>充电车辆：充电服务费由充电桩运营商在桩上结算，不含在停车费内；充电期间停车费减半（航站楼 P1）。</mat-card>"),
            mat("接送机提示", top="<mat-card>出发层即停即走，限时 8 分钟；接机请停 P2，前 15 分钟免费。</mat-card>", fee=MAT_FEE + "<p>付款后请在 30 分钟内驶离，从 3 号口出场。</p>"),
            wizard("三步示意"),
            wizard("月租说明", mid="<p class=gray>月租、产权车位车辆自动放行，无需在此缴费。办理月租请工作日到 1 号楼物业服务中心。</p>"),
            wizard("承诺公告", top="<div class=pane style='font-size:14px'>本页面只用于缴纳停车费：不要求关注公众号、不要求注册会员、不推送广告、不收集手机号。发现与此不符，请拨打 12345 投诉。</div>"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "kits with faults",
        [
            svelte("默认打开的先享后付", "P5b", fee=SVELTE_FEE.replace("<button", "<div role=switch aria-checked=true tabindex=0 style='display:flex;justify-content:space-between;padding:10px 0'><span>下次先离场、后扣款</span><span style='background:#0a0;color:#fff;border-radius:12px;padding:0 10px'>开</span></div><button")),
            svelte("片段里的车牌", "P8a", ask="location.hash='/bill/'+encodeURIComponent(v)"),
            svelte("值班员收款码", "P5d", fee="<p>停车 1 小时 46 分，¥8.00</p><p>线上通道维护，请长按识别下方二维码付款</p>" + code("wxp://f2f0a8sKQ2m7x")),
            weui("嵌入的广告框", "P12d", mid="<iframe title=推荐 src='https://union.adslot-zoo.com/h5?pos=8' style='border:0;width:100%;height:120px'></iframe>"),
            weui("按返回出不去", "P5c", script="history.pushState(null,'',location.href);addEventListener('popstate',function(){history.pushState(null,'',location.href)})"),
            weui("绑卡价", "P12e", fee="<div class=weui-cells><div class=weui-cell>应缴金额：8.00 元</div><div class=weui-cell>绑定就诊卡后：6.00 元</div></div><form method=post action='/pay'><button class=weui-btn>直接缴费 8.00 元</button></form><form method=post action='/bindcard'><button class=weui-btn>绑卡缴费 6.00 元</button></form>"),
            mat("一年的访客号", "P7a", headers={"Set-Cookie": "_pk_id.3=8f1c{random}; Max-Age=33696000; Path=/; SameSite=Lax"}),
            mat("接口带入场信息", "P11b", script="", routes=(("/api/parking-sessions/search", '{"fee":8,"entryTime":"2026-11-28T02:14:00+08:00","entryLane":"E3","plateImage":"/img/2026/11/28/8812.jpg"}'),)),
            mat("在线客服脚本", "P6", script="setTimeout(()=>{const s=document.createElement('script');s.src='https://chat.kefu-zoo.com/sdk.js?cid=77';document.head.append(s)},900)"),
            wizard("先完善信息", "P3", ask="if(!window.inf){step(2);g('pn').insertAdjacentHTML('beforeend','<div id=inf><p>请完善信息，便于开具电子凭证</p><input id=xm placeholder=姓名><input id=sj placeholder=手机号码 inputmode=numeric><button class=pri id=sv>保存并查看费用</button></div>');g('sv').onclick=()=>{window.inf=1;look()};return}"),
            wizard("付之前翻一张牌", "P5d", pay="g('pn').innerHTML='<p style=\"text-align:center\">缴费前翻一张牌，最高免单！</p><div style=\"display:flex;gap:10px\"><div class=pri id=k1>?</div><div class=pri>?</div><div class=pri>?</div></div>';g('k1').onclick=()=>{" + TO_PAY + "}"),
            wizard("查完费加好友", "P5a", phones=WECHAT, due="window.WeixinJSBridge&&WeixinJSBridge.invoke('addContact',{webtype:'1',username:'gh_7a1'},function(){})"),
        ],
    )  # fmt: skip
