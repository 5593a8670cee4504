"""Families of pages in other tongues and manners: English garages, Hong Kong and Taiwan, hospitals, parks, slang.

Written together with `unseen_templates`, before it was counted.
"""

from collections.abc import Iterator
from typing import Any

from tests.selfcheck.zoo.animals import FORM, Animal
from tests.selfcheck.zoo.unseen_places import says
from tests.selfcheck.zoo.unseen_styles import MASK, MODAL, form
from tests.selfcheck.zoo.unseen_tricks import FIRST

E_PLACE = "<header><h1>Riverside Garage</h1><p>Operator: Riverside Parking Co., Ltd.</p></header>"
E_FORM = "<form method=post action='{path}'><label for=plate>Licence plate</label> <input id=plate name=plate autocomplete=off> <button>Find my fee</button></form>"
E_FEE = "<h2>Amount due</h2><p>CNY 8.00 for about 2 hours</p><form method=post action='/pay'><input type=hidden name=quote value=q1><button>Pay ¥8.00</button></form>"
E_FOOT = "<footer><p>Rates: CNY 5 per hour, CNY 40 a day</p><p>Your plate is only used to find the fee and is erased after 24 hours. <a href='/privacy'>Privacy notice</a></p><p>Help 021-5555 0100</p></footer>"
E_NOTHING = "<h2>Nothing is due</h2><p>If the gate stays closed, press the help button.</p>"
T_PLACE = "<header><h1>測試廣場停車場</h1><p>收款方 測試商業管理有限公司</p></header>"
T_FORM = "<form method=post action='{path}'><label for=plate>車牌號碼</label> <input id=plate name=plate autocomplete=off> <button>查詢停車費</button></form>"
T_FEE = "<h2>應繳停車費</h2><p>¥8.00，停放約 2 小時</p><form method=post action='/pay'><button>繳付 ¥8.00</button></form>"
T_FOOT = "<footer><p>收費標準 每小時 5 元</p><p>車牌只用於查詢本次停車費，離場 24 小時後清除。<a href='/privacy'>私隱聲明</a></p><p>服務電話 021-5555 0100</p></footer>"


def english(
    zh: str,
    *breaks: str,
    before: str = "",
    fee: str = E_FEE,
    foot: str = E_FOOT,
    form_: str = E_FORM,
    **more: Any,
) -> Animal:
    return form(
        zh,
        *breaks,
        place=E_PLACE,
        form=form_,
        fee=fee,
        foot=foot,
        nothing=E_NOTHING,
        before=before,
        title="Pay for parking",
        **more,
    )


def sentence(zh: str, words: str, *breaks: str) -> Animal:
    return english(zh, *breaks, before=f"<p>{words}</p>")


def taiwan(zh: str, words: str = "", *breaks: str, before: str = "", fee: str = T_FEE, **more: Any) -> Animal:
    text = f"<p>{words}</p>" if words else ""
    return form(
        zh,
        *breaks,
        place=T_PLACE,
        form=T_FORM,
        fee=fee,
        foot=T_FOOT,
        before=text + before,
        title="停車繳費",
        **more,
    )


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "english garages",
        [
            sentence("staff", "Members of staff park in zone B and do not pay here."),
            sentence("signs", "Follow the signs to the exit after you have paid."),
            sentence("no account", "No app, no account, no phone number. Just your plate."),
            sentence("office", "Parking for the Register Office closes at 6 pm."),
            sentence("return", "Please pay before you return to your car. Lost ticket: CNY 40."),
            sentence("club", "Club visitors use the north ramp. Monthly permits are sold at the office."),
            english("receipt", fee=E_FEE + "<p>You can download a receipt after paying.</p>"),
            english("languages", before="<p><a href='/p/7F3K?lang=zh'>中文</a> <a href='/p/7F3K?lang=en'>English</a></p>"),
            english("help", before="<details><summary>My plate is not found</summary><p>Check the plate, or press the intercom at the barrier.</p></details>"),
        ],
    )  # fmt: skip
    yield (
        "traditional places",
        [
            taiwan("香港泊車", "泊車時請熄匙停火，貴重物品請隨身攜帶。"),
            taiwan("會員不在此", "會員優惠請於服務台辦理，本頁只收停車費，不須加入會員。"),
            taiwan("颱風", "颱風警報發布時本場免費停放，請留意廣播。"),
            taiwan("身障", "身障車位請出示證明，於管理室辦理減免。"),
            taiwan("統一發票", fee=T_FEE + "<p>繳費後可列印電子發票證明聯。</p>"),
        ],
    )  # fmt: skip
    yield (
        "hospitals and scenic spots",
        [
            says("门诊减免", "门诊患者凭当日就诊凭证，在出口岗亭减免 2 小时。"),
            says("感染门诊", "发热门诊患者请走 5 号门，车辆停放免费。"),
            says("景区门票", "门票请到售票处或景区入口购买，本页只收停车费。"),
            says("观光车", "停车后可步行 300 米到游客中心；观光车票在车站购买。"),
            says("寺院", "香客车辆每次 5 元，义工车辆请联系值班室。"),
            form("医院选院区", form=FORM.replace("<button>", "<label><input type=radio name=y checked>门诊楼</label> <label><input type=radio name=y>住院部</label> <button>")),
            says("露营地", "露营车位每晚 60 元，退营时在前台结清。"),
            says("救援电话", "车辆无法启动请拨打 12122，或联系岗亭。"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "english garages with more",
        [
            sentence("join", "Join Park+ today and save 20% on every stay.", "P5a"),
            english("text receipt", "P3", form_=E_FORM.replace("<button>", "<label>Mobile for your receipt <input name=m required></label> <button>")),
            sentence("skip", "Download our app to skip the queue.", "P5a"),
            english("next visit", "P5a", fee=E_FEE + "<p>Get 10% off your next visit: subscribe to our newsletter.</p>"),
            english("social", "P5a", before="<button type=button>Continue with WeChat</button>"),
            english("instagram", "P5a", before="<a href='https://www.instagram.com/riverside'>Follow us</a>"),
            english("alerts", "P9a", script=FIRST % "addEventListener('click',()=>{window.Notification&&Notification.requestPermission()},{once:true})"),
            english("coffee", "P12d", before="<p>Sponsored</p><p>Riverside Coffee: two for one until Friday</p>", fee=E_FEE + "<a href='https://coffee.deals-zoo.com/x'><b>Shop now</b></a>"),
            english("rate us", "P5c", script=FIRST % ("setTimeout(()=>document.body.insertAdjacentHTML('beforeend',`<div style='" + MASK + "'></div><div style='" + MODAL + ";height:240px'><p>Enjoying Riverside? Rate us!</p><button>★★★★★</button></div>`),2500)")),
            english("offers ticked", "P5b", fee=E_FEE.replace("<button>", "<label><input type=checkbox checked name=o>Email me offers</label> <button>")),
            english("since", "P11b", fee=E_FEE + "<p>Your car entered at 08:12 and is on level 3, bay 118.</p>"),
            english("insurance", "P5b", fee=E_FEE.replace("<button>", "<label><input type=checkbox checked name=i>Add damage cover for CNY 2</label> <button>")),
        ],
    )  # fmt: skip
    yield (
        "traditional places with more",
        [
            taiwan("粉絲專頁", "追蹤我們的粉絲專頁，送停車抵用券。", "P5a"),
            taiwan("LINE", "加入 LINE 官方帳號好友，繳費更快。", "P5a"),
            taiwan("下載", "下載 APP 享首小時免費", "P5a"),
            taiwan("集點", "", "P5a", before="<button type=button>集點換好禮</button>"),
            taiwan("載具", "", "P3", fee=T_FEE.replace("<button>", "<label>手機號碼（必填，寄送單據） <input name=tel></label> <button>")),
        ],
    )  # fmt: skip
    yield (
        "slang and places",
        [
            says("鸡腿", "扫下方码，停车小哥加鸡腿，您停车打折", "P5a"),
            form("戳这里", "P5a", before="<button type=button>戳这里有惊喜</button>"),
            says("薅羊毛", "停车羊毛群，天天薅，快上车", "P5a"),
            form("宠粉", "P5a", before="<a href='/fans'>宠粉节进行中</a>"),
            form("陪诊", "P12d", before="<p>专业陪诊，3 小时 99 元起</p>"),
            form("约门票", "P5a", before="<a href='/ticket'>订门票更划算</a>"),
            form("互联网医院", "P5a", before="<button type=button>打开互联网医院挂号</button>"),
            form("导游", "P12d", before="<section><h3>附近推荐</h3><p>金牌讲解员带您游，20 元/人</p></section>"),
        ],
    )  # fmt: skip
