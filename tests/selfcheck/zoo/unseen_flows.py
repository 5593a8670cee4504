"""Families of pages by how the steps follow one another, by where markup fetches things, and by what is added to a bill.

Written while batch 16 was counted; counted after the rules had learnt from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.selfcheck.zoo.animals import FEE, FOOT, FORM, PLACE, PROTECTED, Animal, Answer
from tests.selfcheck.zoo.unseen_corners import ON_FEE, linked
from tests.selfcheck.zoo.unseen_gates import bootstrap
from tests.selfcheck.zoo.unseen_houses import react
from tests.selfcheck.zoo.unseen_places import says, weui
from tests.selfcheck.zoo.unseen_states import idle
from tests.selfcheck.zoo.unseen_styles import (
    ASK,
    INFO,
    MASK,
    PAY,
    PROVINCES,
    RESULT,
    SHEET,
    TITLE,
    VIEW,
    App,
    app,
    form,
    page,
    uni,
    vue,
)
from tests.selfcheck.zoo.unseen_tongues import english, sentence, taiwan
from tests.selfcheck.zoo.unseen_tricks import FIRST

OUT = "https://s.lantern-zoo.net"


@dataclass(frozen=True)
class Redirecting(Animal):
    """A page whose look-up is answered by a redirect to the bill, under a number."""

    def answer(self, method: str, path: str, body: str) -> Answer:
        if path == "/bill/8c21":
            return Answer(self._page(self.fee + self.foot), headers=dict(PROTECTED))
        if method == "POST" and "Q7K319" in body:
            return Answer("", 303, {**PROTECTED, "Location": "/bill/8c21"})
        return super().answer(method, path, body)


def province_button(zh: str, *breaks: str, extra: str = "", script: str = "") -> App:
    """Return a page with a button for the province, which opens a grid, and a field for the rest."""
    grid = "".join(f"<button type=button class=pv>{c}</button>" for c in PROVINCES)
    inner = (
        f"{TITLE}<p>车牌号码</p><button type=button id=pb aria-label=选择省份>京</button><input id=rest maxlength=7 aria-label=车牌号码其余部分>{extra}"
        f"<div id=grid hidden style='{SHEET}'>{grid}</div><button type=button id=go>查询</button><div id=result></div>{INFO}"
    )
    code = (
        "const $=s=>document.querySelector(s);$('#pb').onclick=()=>{$('#grid').hidden=false};document.querySelectorAll('.pv').forEach(b=>b.onclick=()=>{$('#pb').textContent=b.textContent;$('#grid').hidden=true});"
        "$('#rest').oninput=e=>{const v=e.target.value.toUpperCase();if(/^[\\u4e00-\\u9fff]/.test(v)){$('#pb').textContent=v[0];e.target.value=v.slice(1)}};"
        f"$('#go').onclick=async()=>{{const d=await ask($('#pb').textContent+$('#rest').value);$('#result').innerHTML=d.code?'<p>未查询到停车费用</p>':`{RESULT}`;const b=$('#pay');if(b)b.onclick=()=>{{{PAY}}}}};"
    )
    return app(zh, inner, *breaks, script=ASK + code + script)


AUTO = "document.querySelector('#carNo').addEventListener('input',e=>{let v=e.target.value.replace('·','').toUpperCase();if(v.length>2)e.target.value=v.slice(0,2)+'·'+v.slice(2);if(v.length===7){document.querySelector('#carNo').value=v;document.querySelector('#go').click()}});"
METHODS = "<p>应付 <b>¥8.00</b></p><fieldset><legend>支付方式</legend><label><input type=radio name=w checked>微信支付</label><label><input type=radio name=w>支付宝</label><label><input type=radio name=w>云闪付</label></fieldset><button id=pay>立即支付 ¥8.00</button>"


def bill(zh: str, *breaks: str, rows: str, total: str = "13.00", **more: Any) -> Animal:
    """Return a page whose bill has further rows."""
    fee = f"<h2>账单</h2><table><tr><td>停车费<td>¥8.00{rows}<tr><td>合计<td>¥{total}</table><form method=post action='/pay'><button>支付 ¥{total}</button></form>"
    return form(zh, *breaks, fee=fee, **more)


def fetched(zh: str, markup: str) -> Animal:
    """Return a page of which some markup fetches from another site."""
    return form(zh, "P6", before=markup)


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "ways to the bill",
        [
            Redirecting("", "查费后转到账单号"),
            province_button("省份按钮加输入框"),
            vue("输完自动查", script="setTimeout(()=>{" + AUTO + "},500);"),
            vue("支付方式可选", fee=METHODS),
            form("按钮自带去向", fee="<h2>停车费</h2><p>¥8.00</p><form method=post><button formaction='/pay'>支付 ¥8.00</button> <a href='/p/7F3K'>返回</a></form>"),
            linked("价目表文件", link="<p><a href='/more'>收费公示牌（PDF）</a></p>", behind=page("<h1>收费公示牌</h1><p>首小时 8 元，之后每小时 6 元。编号 2026-001。</p>")),
            react("分段明细可展开", shown="<section><strong>¥8.00</strong><details><summary>计费明细</summary><p>首小时 ¥5.00；第 2 小时 ¥3.00</p></details><button data-a=pay>去支付 ¥8.00</button></section>"),
            bill("账单里有减免", rows="<tr><td>会员日减免<td>-¥0.00<tr><td>商户减免<td>-¥2.00", total="6.00"),
            uni("查费进度条", script="document.querySelector('#go').addEventListener('click',()=>{document.body.insertAdjacentHTML('beforeend','<progress id=pg style=\"position:fixed;left:0;top:0;width:100%\"></progress>');setTimeout(()=>document.querySelector('#pg').remove(),900)});"),
            form("输错就地提示", form=FORM.replace("<button>", "<p id=err role=alert></p><button>"), script=FIRST % "document.forms[0].addEventListener('submit',e=>{if(document.querySelector('#plate').value.length<7){e.preventDefault();document.querySelector('#err').textContent='车牌号应为 7 位或 8 位'}})"),
        ],
    )  # fmt: skip
    yield (
        "tariffs and notices",
        [
            says("餐饮减免", "在本楼餐厅、影院消费满 100 元减免停车 2 小时，结账时由商户办理，本页金额已扣除。"),
            says("观影", "电影观众凭票根免费停放 3 小时，请到影院前台核销。"),
            says("住店", "酒店住客停车免费，退房时由前台登记车牌。"),
            says("开放延长", "周年庆期间商场营业至 24 点，停车场同步延长开放，价格不变。"),
            says("充电位", "请充满后先将车驶离充电位，再缴停车费离场。"),
            says("失物", "拾到车钥匙、卡证请交岗亭，失主凭身份证认领。"),
            says("校友", "校友返校日凭邀请函免费停车，其余车辆按公示价收费。"),
            idle("夜间免费", "<h2>无需缴费</h2><p>本场 22:00 至次日 7:00 免费开放，祝您一路平安。</p>"),
            bootstrap("大号按钮", top="<div class=alert>出口已启用自动抬杆，缴费后直接驶离。</div>"),
            english("validation", before="<p>Shopped with us? Ask the till to validate your ticket; the amount shown already includes it.</p>"),
            taiwan("身心障礙", "身心障礙者停車優待，請洽管理員查驗證明。"),
            weui("两种车型价", top="<table><tr><td>小型车<td>8 元/小时<tr><td>大型车<td>16 元/小时</table>"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "added to the bill",
        [
            bill("洗车券已加", "P12d", rows="<tr><td>洗车券 1 张<td>¥5.00"),
            bill("保障服务已加", "P12e", rows="<tr><td>出行保障服务（已为您添加）<td>¥1.00", total="9.00"),
            bill("凑整捐赠", "P12d", rows="<tr><td>爱心捐赠（凑整）<td>¥2.00", total="10.00"),
            vue("组合已选", "P5b", fee="<label><input type=radio name=k checked>停车费＋出行无忧险 ¥9.00</label><label><input type=radio name=k>仅停车费 ¥8.00</label><button id=pay>支付 ¥9.00</button>"),
            vue("只能加一元", "P5d", fee="<p>停车费 ¥8.00</p><button style='width:100%;font-size:20px'>加 1 元开通月度会员并支付 ¥9.00</button><details><summary style='font-size:10px;color:#ccc'>更多</summary><button id=pay style='font-size:10px'>仅支付 ¥8.00</button></details>"),
            vue("自动开通倒数", "P5a", fee=RESULT + "<p>3 秒后自动为您开通极速离场服务 <a href='javascript:;'>我不需要</a></p>"),
            vue("协议带会员", "P3", view=VIEW.replace("<button id=go", "<label><input type=checkbox>我已阅读并同意《用户协议》《会员章程》</label><button id=go")),
            form("发票抽奖", "P5a", fee=FEE + "<p>开票即可参加二次开奖，最高 500 元 <a href='/lucky'>立即参加</a></p>"),
            react("授权填车牌", "P5a", more="<button>微信授权，自动填车牌</button>"),
            idle("查不到看优惠", "<h2>没有待缴费用</h2><p>来都来了，看看附近吃什么</p><a href='/eat'>附近优惠</a>", "P5a"),
            idle("查不到留电话", "<h2>暂未查到费用</h2><p>留个电话，出账后通知您</p><form method=post action='/notify'><input name=c placeholder=联系电话><button>提交</button></form>", "P3"),
        ],
    )  # fmt: skip
    yield (
        "fetched from elsewhere",
        [
            form("底址在别家", "P6", head=f"<base href='{OUT}/'>", form=FORM.replace("action='{path}'", "action='https://pay.unseen17n3x0-mall.cn{path}'"), place=PLACE.replace("<h1>", "<img alt='' src='logo.png' width=30 height=30><h1>")),
            fetched("图形按钮", f"<input type=image alt=停车 width=40 height=40 src='{OUT}/b.png' disabled>"),
            fetched("矢量引用", f"<svg width=40 height=40><image href='{OUT}/i.png' width=40 height=40 /></svg>"),
            fetched("影子里的样式", f"<div id=sr></div><script>document.querySelector('#sr').attachShadow({{mode:'open'}}).innerHTML='<style>@import url({OUT}/s.css)</style><p>欢迎光临</p>'</script>"),
            form("清单在别家", "P6", head=f"<link rel=manifest crossorigin=use-credentials href='{OUT}/m.json'><link rel=icon href='{OUT}/f.ico'>"),
            fetched("内嵌静默授权", "<iframe hidden src='https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&scope=snsapi_base&redirect_uri=x#wechat_redirect'></iframe>"),
            vue("查费后换脚本", "P6", script=ON_FEE % f"document.head.append(Object.assign(document.createElement('script'),{{src:'{OUT}/after.js'}}))"),
        ],
    )  # fmt: skip
    yield (
        "at once",
        [
            form("问号码的系统框", "P5c", script=FIRST % "setTimeout(()=>prompt('请输入手机号领取停车券'),900)"),
            form("自开的弹层", "P5c", before="<div id=po popover style='width:300px;height:360px'><p>暑期缤纷季</p><p>全场亲子嘉年华</p></div>", script=FIRST % "document.querySelector('#po').showPopover()"),
            form("自家框盖住三秒", "P5c", script=FIRST % f"document.body.insertAdjacentHTML('beforeend','<iframe id=sp srcdoc=\"<p>本周主题：城市露营</p>\" style=\"{MASK};width:100%;height:100%;background:#fff\"></iframe>');setTimeout(()=>document.querySelector('#sp').remove(),3000)"),
            form("短信开通链接", "P5a", before="<p><a href='sms:10690001?body=KT'>发送短信开通出场不停车</a></p>"),
            vue("中奖滚动", "P5a", view=VIEW + "<marquee>恭喜尾号 3310 车主获得 10 元停车金，点我试试手气</marquee>"),
            province_button("省份旁的号码框", "P3", extra="<input inputmode=numeric maxlength=11 aria-label=车主联系方式>"),
            sentence("octopus", "Tap to link your Octopus and collect stars on each stay.", "P5a"),
            taiwan("車號登記", "登記車號享自動扣繳，首月停車 9 折。", "P5a"),
            form("报名试驾", "P12d", foot=FOOT + "<section><h3>新车鉴赏会</h3><p>到店试驾即送保温杯，名额有限</p></section>"),
        ],
    )  # fmt: skip
