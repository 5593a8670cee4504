"""Families of pages at gates: roadside lots, airports, campuses, Bootstrap and Svelte pages, and what is pushed there.

Written after deeds with a gain counted; counted before any rule was changed for them.
"""

from collections.abc import Iterator
from typing import Any

from tests.selfcheck.zoo.animals import FEE, FOOT, WECHAT, Animal
from tests.selfcheck.zoo.unseen_corners import ON_FEE, layer, linked
from tests.selfcheck.zoo.unseen_places import says, weui
from tests.selfcheck.zoo.unseen_styles import (
    ASK,
    INFO,
    PAY,
    RESULT,
    TITLE,
    App,
    app,
    drawn,
    form,
    page,
    uni,
    vue,
)
from tests.selfcheck.zoo.unseen_tongues import E_FEE, english, sentence, taiwan
from tests.selfcheck.zoo.unseen_tricks import FIRST, ON_GO, TYPED, code

AWAY = "https://e.sidewalk-zoo.net"


def bootstrap(
    zh: str, *breaks: str, top: str = "", group: str = "", fee: str = "", script: str = "", **more: Any
) -> App:
    """Return a page of Bootstrap: input groups, cards, collapsible parts, a button with two blanks in its word."""
    shown = (
        fee
        or "<div class=card><div class=card-body><h5>应缴金额</h5><p class=lead>¥ 8.00</p><button class='btn btn-success' id=bp>支 付</button></div></div>"
    )
    inner = (
        f"<nav class=navbar><span class=navbar-brand>智慧停车</span></nav><div class=container>{TITLE}{top}<div class=input-group><span class=input-group-text>车牌</span>"
        f"<input class=form-control id=cp autocomplete=off></div>{group}<button class='btn btn-primary' id=bq>查 询</button><div id=out></div>{INFO}</div>"
    )
    act = (
        "document.querySelector('#bq').addEventListener('click',async()=>{const d=await ask(document.querySelector('#cp').value);"
        f"document.querySelector('#out').innerHTML=d.code?'<div class=alert>未查询到停车记录</div>':`{shown}`;const b=document.querySelector('#bp');if(b)b.onclick=()=>{{{PAY}}}}});"
    )
    return app(zh, inner, *breaks, script=ASK + act + script, **more)


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "gates",
        [
            bootstrap("查询两字之间有空格"),
            bootstrap("警示框", top="<div class=alert>雨天路滑，请减速慢行</div>"),
            bootstrap("下拉选颜色", group="<select class=form-select aria-label=号牌颜色><option>蓝<option>绿<option>黄</select>"),
            bootstrap("卡片里分项", fee="<div class=card><p>白天 4 小时 ¥6.00</p><p>夜间 2 小时 ¥2.00</p><button class=btn id=bp>确认支付 ¥8.00</button></div>"),
            says("路侧巡检", "巡检员只核对车牌，不收取现金，也不推销任何产品。"),
            says("机场", "接机请到 P2，国际到达层禁止停放。"),
            says("高校", "校庆期间校外车辆请停南区操场，免费。"),
            says("商户会员", "商场会员的停车时长由商户在收银台录入，您在本页看到的已是减免后的金额。"),
            says("献血", "献血者凭献血证免费停放两小时，请在出口出示。"),
            says("环保", "为减少碳排放，请停车熄火。"),
            says("充电优惠时段", "谷时充电电价优惠，详见充电桩屏幕；停车费照常计算。"),
            says("防诈骗", "工作人员不会让您扫码加好友或转账，遇到请报警。"),
            english("evening rate", before="<p>Evening rate from 6 pm: CNY 2 per hour, free on public holidays.</p>"),
            sentence("attendant", "The attendant will never ask you to join a group or install an app."),
            sentence("bikes", "Bikes park free of charge next to the entrance."),
            taiwan("停車月票", "月票請洽管理室，本頁僅供臨停繳費。"),
            linked("发票说明", link="<p><a href='/more'>发票说明</a></p>", behind=page("<h1>发票说明</h1><p>缴费后在收据页填写抬头即可开具，不需要手机号和邮箱。</p>")),
            uni("号牌种类标签", before="<uni-view><span style='cursor:pointer'>小型车</span> <span style='cursor:pointer'>大型车</span></uni-view>"),
            vue("核对后再付", fee="<p>请核对：应付 ¥8.00</p><label><input type=checkbox> 我已核对车牌和金额</label><button id=pay>支付 ¥8.00</button>"),
            form("停车场示意图可放大", before=drawn("出口指引|由东门驶出")),
            weui("温馨提示", top="<p>温馨提示：请保管好随身物品，离开前关好车窗。</p>"),
            form("两个服务电话", foot=FOOT + "<p>充电服务电话 400-820-1111，道闸报修 021-5555 0111</p>"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "pushed at gates",
        [
            bootstrap("卡片里的积分", "P5a", fee="<div class=card><p>应缴 ¥8.00</p><button class=btn id=bp>支 付</button><button class=btn>攒停车里程换好礼</button></div>"),
            bootstrap("折叠里的车险", "P12d", top="<details open><summary>车主专区</summary><p>车险到期了吗？三分钟报价，最低六折</p></details>"),
            bootstrap("手机归属", "P3", group="<div class=input-group><span>联系方式</span><input class=form-control id=lx></div>"),
            bootstrap("自动勾上的提醒", "P5b", group="<div class=form-check><input type=checkbox checked id=tx><label for=tx>接收停车优惠短信</label></div>"),
            says("朋友圈", "发朋友圈集满 18 个赞，凭截图到岗亭免停车费", "P5a"),
            says("找管家", "加管家，停车不花钱", "P5a"),
            says("先绑后付", "绑车即享九折，三秒完成", "P5a"),
            says("网约车", "网约车司机招募，月入过万，扫码报名", "P12d"),
            sentence("rewards", "Members earn points on every stay: become one today.", "P5a"),
            english("quick checkout", "P5a", before="<button type=button>Sign in for faster checkout</button>"),
            english("hotel", "P12d", fee=E_FEE + "<p>Staying longer? Rooms from CNY 299 tonight at Riverside Hotel.</p>"),
            taiwan("綁定", "綁定車號享自動扣款，出場免排隊。", "P5a"),
        ],
    )  # fmt: skip
    yield (
        "acts at gates",
        [
            vue("查费后才跳小程序", "P5d", pay="location.href='weixin://dl/business/?appid=wx9&path=pages/index'"),
            vue("费用里的二维码去商城", "P5a", fee=RESULT + code("https://shop.sidewalk-zoo.net/m", 180).replace("'", '"')),
            form("脚本里的入场时间", "P11b", fee=FEE + "<script>window.__order={enterTime:'2026-11-27 07:31:05',lane:'北门2道'}</script>"),
            form("每次打开换新号", "P7a", headers={"Set-Cookie": "uid=9f3a; Max-Age=31536000; Path=/; HttpOnly"}),
            vue("车牌进本站地址栏", "P8a", script=ON_GO % "history.replaceState({},'','/p/7F3K?car='+encodeURIComponent(v))"),
            vue("字段里拆开给别家", "P8b", script=TYPED % f"fetch('{AWAY}/x',{{method:'POST',body:JSON.stringify({{a:v[0],b:v[1],c:v.slice(2)}})}}).catch(()=>{{}})"),
            form("九秒后全屏视频", "P12d", script=FIRST % "setTimeout(()=>{const v=document.createElement('video');v.autoplay=true;v.muted=true;v.src='/ad.mp4';v.width=320;v.height=180;document.body.append(v)},9000)"),
            form("微信里取位置", "P9a", script="wx.ready&&wx.ready(()=>wx.getLocation({success(){}}))", phones=WECHAT),
            vue("费用出来后盖一层", "P5c", script=ON_FEE % ("setTimeout(()=>" + layer("<p>周末露营节，快来玩</p><button>去看看</button>") + ",900)")),
            form("透明链接盖满屏", "P5c", before="<a href='/landing' style='position:fixed;inset:0;z-index:99'></a>"),
            vue("两个支付按钮一大一小", "P12e", fee="<button style='font-size:24px'>会员付 ¥5.00</button><button id=pay style='font-size:11px'>非会员付 ¥8.00</button>"),
        ],
    )  # fmt: skip
