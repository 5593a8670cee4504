"""Families of pages of many kinds of places, written after the rules had learnt from `unseen_styles`.

They were counted once, when the rules were done, and no rule was changed for them.
"""

from collections.abc import Iterator
from typing import Any

from tests.selfcheck.zoo.animals import ALIPAY, FEE, WECHAT, Animal
from tests.selfcheck.zoo.unseen_styles import (
    ASK,
    INFO,
    MASK,
    MODAL,
    PAY,
    RESULT,
    SHEET,
    THIRD,
    TITLE,
    App,
    app,
    drawn,
    form,
    keypad,
    vue,
)

WEUI = "<style>.weui-cells{border-top:1px solid #ddd}.weui-btn{display:block;background:#07c160;color:#fff;padding:12px;text-align:center;text-decoration:none}</style>"


def weui(zh: str, *breaks: str, top: str = "", fee: str = "", script: str = "", **more: Any) -> App:
    """Return a page in WeUI's style: links as buttons, jQuery-like handlers."""
    inner = (
        f"<div class=page>{TITLE}{top}<div class=weui-cells__title>车牌号码</div><div class=weui-cells><div class=weui-cell>"
        "<input class=weui-input id=plateNo placeholder='例：沪A12345'></div></div>"
        f"<a href='javascript:;' class='weui-btn weui-btn_primary' id=q>查询停车费</a><div id=out></div>{INFO}</div>"
    )
    shown = (
        fee
        or "<div class=weui-form-preview><label>应付金额</label><em>¥8.00</em></div><a href='javascript:;' class=weui-btn id=p>确认支付</a>"
    )
    code = (
        ASK
        + "document.getElementById('q').addEventListener('click',function(){ask(document.getElementById('plateNo').value).then(function(d){"
        f"document.getElementById('out').innerHTML=d.code?'<p>没有查询到该车辆的停车费用</p>':`{shown}`;var b=document.getElementById('p');if(b)b.addEventListener('click',function(){{{PAY}}})}})}});"
        + script
    )
    return app(zh, inner, *breaks, script=code, head=WEUI, **more)


def says(zh: str, words: str, *breaks: str) -> Animal:
    return form(zh, *breaks, before=f"<p>{words}</p>")


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "weui",
        [
            weui("链接做的按钮"),
            weui("顶部公告条", top="<marquee>国庆期间首两小时免费，请有序停放</marquee>"),
            weui("勾选已阅收费标准", top="<label><input type=checkbox> 我已阅读收费标准</label>"),
            weui("支付宝内拉起", fee="<p>应付 ¥8.00</p><a href='javascript:;' class=weui-btn onclick=\"AlipayJSBridge.call('tradePay',{tradeNO:'1'},()=>{})\">确认支付 ¥8.00</a>", phones=ALIPAY),
            weui("微信内拉起", fee="<p>应付 ¥8.00</p><a href='javascript:;' class=weui-btn onclick=\"WeixinJSBridge.invoke('getBrandWCPayRequest',{},()=>{})\">确认支付 ¥8.00</a>", phones=WECHAT),
            weui("查询失败有提示", script="window.onerror=function(){};"),
        ],
    )  # fmt: skip
    yield (
        "hospitals and parks",
        [
            says("医院", "就诊患者凭当日挂号单在收费处核减，本页只收停车费。"),
            says("医院急诊", "急诊车辆请走绿色通道，先就医后缴费。"),
            says("公园", "年票、月票持有人停车与其他游客同价。"),
            says("景区", "旺季（4–10 月）10 元/次，淡季 5 元/次，旅游大巴 20 元/次。"),
            says("学校", "家长接送车辆 20 分钟内免费，请即停即走。"),
            says("机场", "P1 为短时停车场，过夜车辆请停 P3；航班延误不减免停车费。"),
            says("火车站", "网约车请在地下二层等候，乘客上车后 10 分钟内驶离。"),
            says("社区", "业主月租在物业办理，访客按本页标准缴费，不需要业主确认。"),
        ],
    )  # fmt: skip
    yield (
        "honest wording",
        [
            says("不需要账号", "本页面不要求您提供手机号、微信昵称或任何账号。"),
            says("谁来问都别给", "工作人员不会向您索要验证码，如遇索要请拨打 110。"),
            says("会员渠道另有", "商场会员停车权益请在商场客服台使用，现在缴费不受影响。"),
            says("不赠不送", "缴费不赠送积分，也不推送任何优惠信息。"),
            says("发票", "如需发票，缴费成功后凭 8 位凭证码在本站开具，不需要手机号。"),
            says("不用下载", "不用下载 App，不用关注公众号，扫码输入车牌就能付。"),
            says("开放时间", "夜间 22:00 至次日 7:00 只出不进，早 6:30 后入场按白天计费。"),
            says("无障碍", "视障人士可按岗亭对讲，由值班员协助缴费。"),
        ],
    )  # fmt: skip
    yield (
        "shapes",
        [
            form("两栏表格", before="<table><tr><td>停车场<td>测试广场<tr><td>泊位<td>320 个<tr><td>余位<td>56</table>"),
            form("余位大数字", before="<div style='font-size:48px'>56</div><p>剩余车位</p>"),
            vue("卡片阴影", view=TITLE + "<section style='box-shadow:0 2px 12px #0002;border-radius:12px;padding:16px'><label>车牌<input id=carNo></label><button id=go>查询</button></section><div id=result></div>" + INFO),
            vue("结果页替换", fee=RESULT, script="document.addEventListener('click',e=>{if(e.target.id==='go')document.title='缴费确认'});"),
            vue("费用倒计时", fee=RESULT + "<p id=cd>请在 05:00 内支付</p>"),
            vue("明细折叠", fee=RESULT + "<details><summary>计费明细</summary><p>首小时 8.00 元</p></details>"),
            form("错误提示区", before="<p role=alert hidden>车牌格式不正确</p>"),
            form("轮播的安全提示", before="<div style='overflow:auto;white-space:nowrap'><span>请勿在场内吸烟</span> <span>请关闭发动机</span> <span>请带走贵重物品</span></div>"),
            app("数字与字母两排", f"{TITLE}<p>车牌</p><input id=carNo readonly><button id=go>查费</button><div id=result></div>{INFO}<div style='{SHEET};height:280px'>{keypad('京津冀沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云陕甘青宁新蒙辽吉黑晋藏')}{keypad('0123456789ABCDEFGHJKLMNPQRSTUVWXYZ')}</div><p style='height:300px'></p>", script=ASK + "const f=document.querySelector('#carNo');document.querySelectorAll('.key').forEach(k=>k.onclick=()=>f.value+=k.innerText);document.querySelector('#go').onclick=async()=>{const d=await ask(f.value);document.querySelector('#result').innerHTML=d.code?'未查到费用':`" + RESULT + "`;const b=document.querySelector('#pay');if(b)b.onclick=()=>{" + PAY + "}}"),
            form("打印样式与图标字体", head="<style>@media print{button{display:none}}</style>"),
        ],
    )  # fmt: skip
    yield (
        "pictures and cashiers",
        [
            form("地图图片", before=drawn("B1 层平面图|电梯厅在北侧", 320, 160)),
            form("安全海报", before=drawn("小心台阶|限高 2.1 米", 320, 160)),
            form("监督电话海报", before=drawn("价格监督 12345|明码标价", 320, 160)),
            form("收钱吧收银台", pay="<script>location.replace('https://qr.shouqianba.com/gateway?client_sn=1')</script>正在打开收银台"),
            form("通联收银台", pay="<meta http-equiv=refresh content='0;url=https://syb.allinpay.com/apiweb/h5unionpay/unionorder'>正在打开收银台"),
            form("建行收银台", pay="<script>location.href='https://ibsbjstar.ccb.com.cn/CCBIS/ccbMain?CCB_IBSVersion=V6'</script>正在打开收银台"),
            form("数字人民币", fee="<h2>待付 ¥8.00</h2><p><a href='dcep://uniwallet/pay?order=1'>数字人民币支付 ¥8.00</a></p>"),
            form("两种支付并列", fee="<h2>停车费 8.00 元</h2><form method=post action='/pay'><label><input type=radio name=c value=1 checked>微信</label><label><input type=radio name=c value=2>支付宝</label><button>去支付</button></form>"),
            form("先选时长段", fee=FEE.replace("停车约 2 小时", "停车 1 小时 52 分，按 2 小时计")),
            form("零元也说明", fee=FEE.replace("停车约 2 小时", "首小时免费，余下 1 小时 8 元")),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "weui",
        [
            weui("绑定手机再查", "P3", top="<div class=weui-cell><input class=weui-input placeholder=请输入手机号 type=number></div>"),
            weui("半屏对话框领券", "P5c", script=f"setTimeout(function(){{document.body.insertAdjacentHTML('beforeend',`<div style='{MASK}'></div><div style='{SHEET};height:260px'><h3>新人停车礼</h3><a class=weui-btn>立即领取</a></div>`)}},1500);"),
            weui("授权登录条", "P5a", top="<div class=weui-cell><span>登录后可查看历史账单</span><a class=weui-btn href='/login'>授权登录</a></div>"),
            weui("客服企微", "P5a", top="<div class=weui-cell>添加停车管家企业微信，缴费享 9 折</div>"),
            weui("推荐办月卡", "P5a", fee="<p>应付 ¥8.00</p><a href='javascript:;' class=weui-btn id=p>确认支付</a><a href='/card' class=weui-btn>办月卡，停车低至 3 折</a>"),
            weui("定位找车场", "P9a", script="navigator.geolocation&&navigator.geolocation.getCurrentPosition(function(){},function(){});"),
        ],
    )  # fmt: skip
    yield (
        "soft lures",
        [
            says("积分换停车", "消费积分可兑换停车券，立即登录会员小程序兑换。", "P5a"),
            says("加群", "进业主群，每周抢免费停车名额", "P5a"),
            says("关注视频号", "点点关注不迷路，关注“测试停车”视频号送 2 小时", "P5a"),
            says("绑卡", "绑定银行卡首次缴费立减 3 元", "P5a"),
            says("打卡", "连续签到 7 天，送停车券一张", "P5a"),
            says("先登记", "首次使用请先登记车主信息", "P5a"),
            form("评价返现", "P5a", before="<button type=button>五星好评返 2 元</button>"),
            form("邀请", "P5a", before="<a href='/invite'>邀请好友，各得 5 元停车金</a>"),
        ],
    )  # fmt: skip
    yield (
        "covers",
        [
            form("全屏引导页", "P5c", script=f"document.querySelector('#plate')&&document.body.insertAdjacentHTML('beforeend',`<div style='{MASK};background:#fff'><h2>欢迎来到测试天地</h2><p>开启智慧停车生活</p><button>立即体验</button></div>`)"),
            vue("费用前弹广告", "P5c", script=f"document.addEventListener('click',e=>{{if(e.target.id==='go')document.body.insertAdjacentHTML('beforeend',`<div style='{MASK};background:#fff'><p>3 秒后关闭</p><p>爱车保养 199 元起</p></div>`)}});"),
            vue("满意度调查", "P5c", fee=f"{RESULT}<div role=dialog style='{MODAL};height:300px'><p>您对本停车场满意吗？</p><button>满意</button><button>不满意</button></div>"),
            form("消息订阅框", "P5c", script=f"document.querySelector('#plate')&&document.body.insertAdjacentHTML('beforeend',`<div role=dialog style='{MODAL};height:260px'><p>开启缴费提醒</p><button>允许</button></div>`)"),
            form("红包遮罩", "P5c", script=f"addEventListener('touchstart',()=>document.body.insertAdjacentHTML('beforeend',`<div style='{MASK}'>{drawn('恭喜获得|停车红包', 240, 160)}</div>`),{{once:true}})"),
            form("确认离开框", "P5c", script="history.pushState({},'');addEventListener('popstate',()=>{document.body.insertAdjacentHTML('beforeend','<p>真的要走吗</p>')})"),
        ],
    )  # fmt: skip
    yield (
        "pictures",
        [
            form("关注海报", "P5a", before=drawn("扫码关注服务号|停车缴费更方便", 320, 160)),
            form("会员海报", "P5a", before=drawn("注册会员|免费停车 2 小时", 320, 160)),
            form("下载海报", "P5a", before=drawn("下载测试天地 App|缴费立减 5 元", 320, 160)),
            form("车险海报", "P12d", before=drawn("车险报价|最高省 800 元", 320, 160)),
        ],
    )  # fmt: skip
    yield (
        "data",
        [
            vue("费用页第三方图片", "P6", fee=RESULT + f"<img src='{THIRD}/a.png' width=1 height=1 alt=''>"),
            vue("统计脚本", "P6", script="const h=document.createElement('script');h.src='https://hm.baidu.com/hm.js?x';document.head.append(h);"),
            vue("设备指纹上报", "P9b", script="(()=>{const c=document.createElement('canvas');c.width=200;c.height=50;const x=c.getContext('2d');x.textBaseline='top';x.fillText('fp-2026',2,2);fetch('/fp',{method:'POST',body:c.toDataURL().slice(-40)})})();"),
            vue("两年 Cookie", "P7a", script="document.cookie='_uid='+Math.random()+';max-age=63072000;path=/';"),
            vue("车牌进地址", "P8a", script="document.addEventListener('click',e=>{if(e.target.id==='go')location.hash='#/detail?no='+encodeURIComponent(document.querySelector('#carNo').value)},true);"),
            vue("边输边传", "P8c", script="document.addEventListener('keyup',()=>{const v=document.querySelector('#carNo').value;if(v.length>2)navigator.sendBeacon('/k',v)});"),
            form("写剪贴板口令", "P9a", script="addEventListener('click',()=>navigator.clipboard&&navigator.clipboard.writeText('停车口令 88').catch(()=>{}),true);addEventListener('touchend',()=>document.execCommand('copy'))"),
            vue("费用透露车位", "P11b", fee=RESULT.replace("停车时长 1 小时 20 分", "您的爱车停在 B1 层 A 区 36 号")),
        ],
    )  # fmt: skip
    yield (
        "at the till",
        [
            form("支付前选增值包", "P5d", pay="<h2>洗车 9.9 元</h2><p>是否一并购买？</p><form method=post action='/pay2'><button>加购并支付</button><button>不需要</button></form>"),
            form("支付前绑手机", "P3", pay="<h2>绑定手机号，接收电子发票</h2><form method=post action='/pay2'><input name=m placeholder=手机号><button>完成并支付</button></form>"),
            vue("会员九折价", "P12e", fee="<p>应付 ¥8.00</p><p>会员价仅需 ¥7.20</p><button id=pay>支付 ¥8.00</button>"),
            vue("服务费另计", "P12e", fee="<p>停车费 ¥7.00</p><p>信息服务费 ¥1.00</p><button id=pay>支付 ¥8.00</button>"),
            vue("默认加保险", "P5b", fee="<p>应付 ¥9.00（含 1 元车辆保障）</p><label><input type=checkbox checked> 1 元车辆保障</label><button id=pay>支付 ¥9.00</button>"),
            form("支付跳小程序", "P5d", fee="<h2>应付 ¥8.00</h2><a href='weixin://dl/business/?t=Q1&path=pages/cashier'>支付 ¥8.00</a>"),
        ],
    )  # fmt: skip
