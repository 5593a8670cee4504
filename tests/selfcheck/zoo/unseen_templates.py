"""Families of pages in templates of the trade: jQuery, layui, Angular, htmx, Vant, tables of a server.

Written after unexplained labels counted; counted before any rule was changed for them.
"""

from collections.abc import Iterator
from typing import Any

from tests.selfcheck.zoo.animals import FEE, FOOT, FORM, WECHAT, Animal
from tests.selfcheck.zoo.unseen_places import says
from tests.selfcheck.zoo.unseen_styles import (
    ASK,
    INFO,
    MASK,
    MODAL,
    PAY,
    RESULT,
    TITLE,
    VIEW,
    App,
    app,
    form,
    vue,
)
from tests.selfcheck.zoo.unseen_tricks import FIRST, ON_GO, answering

STAT = "https://stat.lotcloud-zoo.net"
# A small jQuery, as old pages carry one.
JQ = (
    "function $(s){const l=typeof s==='string'?[...document.querySelectorAll(s)]:[s];return{l,on(n,f){l.forEach(e=>e.addEventListener(n,f));return this},"
    "html(h){l.forEach(e=>e.innerHTML=h);return this},val(){return l[0]&&l[0].value},show(){l.forEach(e=>e.style.display='');return this},"
    "hide(){l.forEach(e=>e.style.display='none');return this},append(h){l.forEach(e=>e.insertAdjacentHTML('beforeend',h));return this}}}"
    "$.post=(u,d,f)=>{const x=new XMLHttpRequest();x.open('POST',u);x.setRequestHeader('Content-Type','application/x-www-form-urlencoded');"
    "x.onload=()=>f(JSON.parse(x.responseText));x.send(new URLSearchParams(d))};"
)


def jquery(
    zh: str, *breaks: str, top: str = "", fee: str = "", bottom: str = "", script: str = "", **more: Any
) -> App:
    """Return a page as jQuery pages were written: inputs in a list, XMLHttpRequest, markup from strings."""
    shown = (
        fee
        or "<div class=bill><span>应缴金额</span><b>8.00元</b><a href='javascript:void(0)' class='btn btn-block' id=payBtn>立即缴费</a></div>"
    )
    inner = (
        f"<div data-role=page><div data-role=header>{TITLE}</div>{top}<ul class=form-list><li><label for=cph>车牌号</label>"
        f"<input type=text id=cph maxlength=8 placeholder='请输入完整车牌'></li></ul><a href='javascript:void(0)' class='btn' id=cx>查 询</a><div id=bill></div>{bottom}{INFO}</div>"
    )
    code = JQ + (
        "$('#cx').on('click',()=>$.post('/api/fee',{plate:$('#cph').val()},d=>{$('#bill').html(d.code?'<p>未查询到停车信息</p>':`"
        + shown
        + "`);$('#payBtn').on('click',()=>{"
        + PAY
        + "})}));"
        + script
    )
    return app(zh, inner, *breaks, script=code, **more)


def layui(zh: str, *breaks: str, more_items: str = "", fee: str = "", script: str = "", **more: Any) -> App:
    """Return a page of layui: form items, a button that asks, layers."""
    shown = (
        fee
        or "<blockquote class=layui-elem-quote>本次停车费 ￥8.00</blockquote><button type=button class=layui-btn id=topay>去支付</button>"
    )
    inner = (
        f"<div class=layui-container>{TITLE}<div class=layui-form><div class=layui-form-item><label class=layui-form-label>车牌</label>"
        f"<div class=layui-input-block><input name=title class=layui-input placeholder=请输入车牌 lay-verify=required></div></div>{more_items}"
        f"<button type=button class=layui-btn id=sub>立即查询</button></div><div id=view></div>{INFO}</div>"
    )
    code = ASK + (
        "document.querySelector('#sub').addEventListener('click',async()=>{const d=await ask(document.querySelector('[name=title]').value);"
        "document.querySelector('#view').innerHTML=d.code?'<p>暂无停车订单</p>':`"
        + shown
        + "`;const b=document.querySelector('#topay');if(b)b.onclick=()=>{"
        + PAY
        + "}});"
        + script
    )
    return app(zh, inner, *breaks, script=code, **more)


def angular(zh: str, *breaks: str, field: str = "", fee: str = "", script: str = "", **more: Any) -> App:
    """Return a page as Angular Material draws it: elements of its own, labels that float, late rendering."""
    shown = (
        fee
        or "<mat-card class=mat-mdc-card><mat-card-title>应付金额 ¥8.00</mat-card-title><button mat-raised-button id=mp>支付 ¥8.00</button></mat-card>"
    )
    drawn_ = (
        f"<main>{TITLE}<mat-form-field class=mat-mdc-form-field><input matInput id=mat-input-0 aria-labelledby=ml class=mat-mdc-input-element><label id=ml for=mat-input-0><mat-label>车牌号码</mat-label></label></mat-form-field>"
        f"{field}<button mat-button id=ma><span class=mdc-button__label>查询费用</span></button><app-result></app-result>{INFO}</main>"
    )
    code = ASK + (
        f"setTimeout(()=>{{const r=document.querySelector('app-root');r.innerHTML=`{drawn_}`;r.querySelector('#ma').addEventListener('click',async()=>{{"
        f"const d=await ask(r.querySelector('#mat-input-0').value);r.querySelector('app-result').innerHTML=d.code?'<p>没有待缴停车费</p>':`{shown}`;"
        f"const b=r.querySelector('#mp');if(b)b.addEventListener('click',()=>{{{PAY}}})}})}},700);" + script
    )
    return app(zh, "<app-root><p>加载中…</p></app-root>", *breaks, script=code, **more)


def htmx(zh: str, *breaks: str, fee: str = FEE, script: str = "", **more: Any) -> Animal:
    """Return a page whose server answers with a piece of markup that is swapped in."""
    swap = "addEventListener('submit',async e=>{const f=e.target;if(!f.plate)return;e.preventDefault();const r=await fetch(f.action,{method:'POST',headers:{'HX-Request':'true'},body:new URLSearchParams(new FormData(f))});const d=new DOMParser().parseFromString(await r.text(),'text/html');f.outerHTML=d.querySelector('main').innerHTML});"
    return form(
        zh,
        *breaks,
        fee=fee,
        script=swap + script,
        form=FORM.replace("<form", "<form hx-post='/p/7F3K' hx-swap=outerHTML"),
        **more,
    )


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "templates",
        [
            jquery("列表式表单"),
            jquery("查询时遮住按钮", script="$('#cx').on('click',()=>{$('body').append('<div class=blockUI style=\"" + MASK + "\"></div><div class=blockMsg style=\"" + MODAL + ";text-align:center\">请稍候…</div>');setTimeout(()=>document.querySelectorAll('.blockUI,.blockMsg').forEach(e=>e.remove()),600)});"),
            jquery("输错有提示", script="$('#cph').on('blur',()=>{const v=$('#cph').val();$('#bill').html(v&&v.length<7?'<p>车牌格式不正确，请重新输入</p>':'')});"),
            jquery("顶部时钟", top="<p>系统时间 <span id=ck></span></p>", script="setInterval(()=>{document.querySelector('#ck').textContent=new Date().toTimeString().slice(0,8)},500);"),
            layui("立即查询"),
            layui("减免码选填", more_items="<div class=layui-form-item><label class=layui-form-label>减免码（选填）</label><div class=layui-input-block><input name=cut class=layui-input placeholder=小票上的六位减免码></div></div>"),
            layui("点说明弹层", more_items="<button type=button id=sm>收费说明</button>", script="document.querySelector('#sm').onclick=()=>document.body.insertAdjacentHTML('beforeend','<div role=dialog style=\"" + MODAL + "\"><p>首小时 8 元，之后每小时 6 元</p><button onclick=\"this.parentNode.remove()\">关闭</button></div>');"),
            angular("浮动标签"),
            angular("号牌种类下拉", field="<mat-form-field><select aria-label=号牌种类><option>蓝牌<option>绿牌（新能源）<option>黄牌</select></mat-form-field>"),
            htmx("片段替换"),
            htmx("片段里分段计费", fee=FEE.replace("停车约 2 小时", "第 1 小时 5 元，第 2 小时 3 元")),
            vue("支付方式单选", fee="<p>待缴 ¥8.00</p><label><input type=radio name=w checked>微信支付</label><label><input type=radio name=w>云闪付</label><button id=pay>确认支付 ¥8.00</button>"),
            vue("页面里有没用到的模板", view=VIEW + "<template><p>请先关注公众号领券</p></template><div style='display:none'><p>加入会员享 8 折</p></div>"),
            vue("折叠面板", view=VIEW + "<details><summary>夜间怎么收费</summary><p>22:00–次日 7:00 每 2 小时 3 元</p></details>"),
        ],
    )  # fmt: skip
    yield (
        "what honest lots write",
        [
            says("发票", "缴费成功后，本页可开具电子发票，仅需抬头，不需要手机号。"),
            says("医院陪护", "住院陪护车辆凭陪护证在收费处办理每日 10 元，本页按次计费。"),
            says("景区末班", "索道末班 17:00；停车场 20:00 后关闭，请提前取车。"),
            says("物业提醒", "近期有不法人员张贴“停车送券”二维码，请认准本牌。"),
            says("门店减免", "餐饮、影院顾客请在店内扫码核销停车减免，核销后本页自动显示减免后的金额。"),
            says("充电", "充电期间前两小时停车免费，充电费另在充电桩上支付。"),
            form("结果里写计费截止", fee=FEE.replace("停车约 2 小时", "费用计算至当前时间，请在 15 分钟内离场")),
            form("底部技术支持", foot=FOOT + "<p>技术支持：某某智能科技有限公司</p>"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "templates with more",
        [
            jquery("八秒后浮出券", "P5c", script="setTimeout(()=>$('body').append(`<div style='" + MASK + "'></div><div style='" + MODAL + ";height:280px'><p>您有 3 张券待使用</p><a href='javascript:;'>立即查看</a></div>`),8000);"),
            jquery("数字框要通知号码", "P3", bottom="<ul><li><label>通知号码</label><input type=number id=tz placeholder='用于接收离场通知'></li></ul>"),
            layui("打开就弹最新活动", "P5c", script="setTimeout(()=>document.body.insertAdjacentHTML('beforeend',`<div class=layui-layer-shade style='" + MASK + "'></div><div class=layui-layer style='" + MODAL + ";height:260px'><div>最新活动</div><p>周末来逛，惊喜不断</p></div>`),900);"),
            angular("勾好了接收资讯", "P5b", field="<div class='mat-mdc-checkbox mat-mdc-checkbox-checked' role=checkbox aria-checked=true tabindex=0>我愿意接收优惠资讯</div>"),
            htmx("片段里劝入会", "P5a", fee=FEE + "<p><button type=button>成为会员，本次立减 3 元</button></p>"),
            vue("支付前开通免密", "P5d", pay=f"document.body.insertAdjacentHTML('beforeend',`<div style='{MASK}'></div><div class=van-dialog style='{MODAL}'><p>开启免密支付，下次自动扣费</p><button id=kq>同意开启</button><button id=bl>不了</button></div>`);document.querySelector('#bl').onclick=()=>{{{PAY}}}"),
            vue("通告栏下应用", "P5a", view="<div class=van-notice-bar>下载停车通 APP，首停免费</div>" + VIEW),
            jquery("脚本来自别家", "P6", script="const s=document.createElement('script');s.src='https://lib.fastcdn-zoo.com/jquery.min.js';document.head.append(s);"),
            jquery("跨站回调带车牌", "P8b", script="$('#cx').on('click',()=>{const s=document.createElement('script');s.src='" + STAT + "/jsonp?cb=f&k='+encodeURIComponent($('#cph').val());document.head.append(s)});"),
            form("一打开就去小程序", "P1", script=FIRST % "window.wx&&wx.miniProgram?wx.miniProgram.navigateTo({url:'/pages/home'}):(location.href='weixin://dl/business/?t=abc')", phones=WECHAT),
            form("藏着的框唤起应用", "P1", script=FIRST % "const f=document.createElement('iframe');f.style.display='none';f.src='mallpark://open?from=qr';document.body.append(f)"),
            form("极速缴费是应用链接", "P5a", before="<p><a href='intent://pay#Intent;scheme=tcparking;package=com.tc.park;end'>极速缴费</a></p>"),
        ],
    )  # fmt: skip
    yield (
        "seen later or behind",
        [
            form("在应用里打开", "P5a", before="<a href='https://link.parkapp-zoo.cn/u/abc'>在 App 中打开</a>"),
            vue("图片地址带车牌", "P8a", script=ON_GO % "new Image().src='/log.gif?n='+encodeURIComponent(v)"),
            form("三秒后画指纹", "P9b", script=FIRST % "setTimeout(()=>{const c=document.createElement('canvas');c.width=200;const x=c.getContext('2d');x.font='16px Arial';x.fillText('Cwm fjordbank 😃',2,20);const u=c.toDataURL();window.h=u.length},3000)"),
            form("存设备号", "P7a", script="try{localStorage.deviceId=localStorage.deviceId||Math.random().toString(36)}catch(e){}"),
            form("建数据库", "P7a", script="const r=indexedDB.open('trace',1);r.onupgradeneeded=()=>r.result.createObjectStore('k')"),
            vue("费用下猜你喜欢", "P12d", fee=RESULT + "<h3>猜你喜欢</h3><ul><li>德国净水壶 ¥199</li><li>行车记录仪 ¥258</li></ul>"),
            vue("倒数里优惠", "P5a", fee=RESULT + "<p>距优惠失效 <b>04:59</b></p><button type=button>升级为月卡，今天免费</button>"),
            form("必须填邮箱", "P3", form=FORM.replace("<button>", "<input name=mail type=email required placeholder=电子票据发往> <button>")),
            form("付前补资料", "P5d", pay="<h2>还差一步</h2><form method=post action='/pay2'><label>您的姓名<input name=nm></label><button>保存并继续</button></form>"),
            vue("查询键顺带取定位", "P9a", script=ON_GO % "navigator.geolocation&&navigator.geolocation.getCurrentPosition(()=>{},()=>{})"),
            vue("会员零元的大按钮", "P5a", fee="<p>停车费 ¥8.00</p><button style='width:100%;height:60px'>会员 0 元停车</button><button id=pay style='font-size:11px;color:#bbb;border:0;background:none'>普通支付 ¥8.00</button>"),
            answering("答复带进场细节", '{"code":0,"amount":800,"order":{"enterTime":"2026-11-27 07:55:02","enterGate":"南门 2 号","carImg":"https://oss.lotcloud.cn/a/1.jpg"}}', "P11b"),
        ],
    )  # fmt: skip
