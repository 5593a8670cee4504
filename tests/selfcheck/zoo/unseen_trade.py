"""Families of pages as the trade builds them: what parking vendors sell around paying, and what honest lots show.

Written after the rules had learnt from `unseen_tricks`, and counted before any rule was changed for them.
"""

from collections.abc import Iterator

from tests.selfcheck.zoo.animals import ALIPAY, FEE, FORM, NOTHING, WECHAT, Animal
from tests.selfcheck.zoo.unseen_places import says, weui
from tests.selfcheck.zoo.unseen_styles import (
    INFO,
    MASK,
    MODAL,
    RESULT,
    SHEET,
    TITLE,
    VIEW,
    drawn,
    form,
    uni,
    vue,
)
from tests.selfcheck.zoo.unseen_tricks import FIRST, ON_GO, code

TILE = "<div style='display:inline-block;width:30%;text-align:center;cursor:pointer' onclick=\"location.href='{}'\">{}</div>"
TAB = "<nav style='position:fixed;bottom:0;left:0;right:0;background:#fff;padding:8px'>{}</nav>"


def tiles(*names: str) -> str:
    return "".join(TILE.format(f"/s/{number}", name) for number, name in enumerate(names))


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "services for drivers",
        [
            form("宫格服务", "P5a", before=tiles("违章代缴", "洗车美容", "年检代办")),
            uni("车主权益宫格", "P5a", before="<uni-view class=grid>" + tiles("加油省钱", "道路救援", "车险询价") + "</uni-view>"),
            vue("底栏我的", "P5a", view=VIEW + TAB.format("<a href='/park'>停车</a> <a href='/mall'>商城</a> <a href='/me'>我的</a>")),
            form("办理 ETC", "P5a", before="<p><a href='/etc'>免费办 ETC，设备包邮到家</a></p>"),
            vue("支付分", "P5a", fee=RESULT + "<a href='/score'>授权微信支付分，先离场再扣款</a>"),
            form("花呗", "P5a", fee=FEE + "<p><label><input type=checkbox> 用花呗付，最高减 9.9 元</label></p>", phones=ALIPAY),
            weui("预约车位", "P5a", top="<a class=weui-btn href='/reserve'>提前订位，低价停机场</a>"),
            form("附近停车", "P9a", before="<p><a href='#near' id=near>附近便宜车场</a></p>", script="const n=document.querySelector('#near');n&&navigator.geolocation.getCurrentPosition(()=>{},()=>{})"),
        ],
    )  # fmt: skip
    yield (
        "membership by other names",
        [
            says("停车卡包", "凭会员积分抵扣，请先登入您的商场账户", "P5a"),
            form("权益中心", "P5a", before="<a href='/rights'>尊享权益 ＞</a>"),
            vue("积分换时长", "P5a", fee=RESULT + "<button>80 积分换 1 小时</button>"),
            form("老带新", "P5a", before="<p>老车主带新车主，两人都停 1 小时免费，<a href='/inv'>生成海报</a></p>"),
            weui("手机号领时长", "P3", top="<div class=weui-cell><input class=weui-input placeholder='输入号码领 2 小时' maxlength=11></div>"),
            vue("实名认证墙", "P5a", fee="<p>按规定须完成实名认证后查看费用</p><button id=pay>去认证</button>", pay="location.href='/auth'"),
            uni("企业微信管家", "P5a", before="<uni-view>添加停车管家（企业微信），出场快人一步</uni-view>"),
            form("入群码", "P5a", before="<p>车友群</p>" + code("https://weixin.qq.com/g/AbCdEf")),
            form("个人号码", "P5a", before="<p>客服</p>" + code("https://u.wechat.com/EAbC")),
            form("视频号链接", "P5a", before="<a href='https://channels.weixin.qq.com/x'>看停车视频号</a>"),
        ],
    )  # fmt: skip
    yield (
        "kits of others",
        [
            vue("地图开放平台", "P6", head="<script src='https://api.map.baidu.com/api?v=3.0&ak=1'></script>"),
            vue("错误监控", "P6", script="fetch('https://o1.ingest.sentry-zoo.io/api/1/envelope/',{method:'POST',mode:'no-cors',body:'{}'}).catch(()=>{});"),
            uni("框架自带统计", "P6", script="new Image().src='https://tongji.dcloud-zoo.io/uni/stat.gif?ak=1&lt=1';"),
            form("公共脚本库", "P6", head="<script src='https://cdn.bootcdn-zoo.net/jquery.min.js'></script>"),
            weui("他站滑块验证码", "P6", script="const s=document.createElement('script');s.src='https://static.geetest-zoo.com/gt.js';document.head.append(s);"),
            form("客服浮窗", "P6", script="const s=document.createElement('script');s.src='https://kf.qiyu-zoo.com/sdk.js';document.head.append(s)"),
            vue("热力图", "P9b", script="const q=[];for(const n of['click','touchmove','scroll'])addEventListener(n,e=>q.push([n,e.pageX,e.pageY]),true);setInterval(()=>q.length&&navigator.sendBeacon('/heat',JSON.stringify(q.splice(0))),800);"),
            form("访客编号", "P7a", headers={"Set-Cookie": "visitor=v123; Path=/; Max-Age=31536000"}),
            vue("设备号入库", "P7a", script="try{localStorage.setItem('uni_device_id','d'+Date.now())}catch(e){}"),
            vue("查费带给数据公司", "P8b", script=ON_GO % "fetch('https://api.cheyou-zoo.com/v1/car?no='+encodeURIComponent(v),{mode:'no-cors'}).catch(()=>{})"),
            vue("网址里的车牌", "P8a", script=ON_GO % "history.pushState(0,'','/bill/'+encodeURIComponent(v))"),
        ],
    )  # fmt: skip
    yield (
        "covers and detours",
        [
            vue("活动弹层", "P5c", script=f"setTimeout(()=>document.body.insertAdjacentHTML('beforeend',`<div style='{MASK}'></div><div style='{MODAL};height:360px'>{drawn('双十二|停车节', 240, 240)}<button>×</button></div>`),2200);"),
            form("公告弹窗卖月卡", "P5c", before=f"<div style='{MASK}'><div style='{MODAL};height:280px'><h3>月卡上新</h3><p>998 元/月，比临停省一半</p><button type=button>立即办理</button></div></div>"),
            uni("费用页半屏", "P5c", script=f"document.addEventListener('click',e=>{{if(e.target.id==='go')setTimeout(()=>document.body.insertAdjacentHTML('beforeend','<div style=\"{SHEET};height:340px\"><p>为您推荐</p><p>汽车保养 99 元起</p></div>'),700)}});"),
            form("支付后置保险", "P5d", pay="<h2>停车无忧险 1 元</h2><p>保障车辆刮蹭</p><button>投保并支付</button><p><a href='/pay'>不需要</a></p>"),
            form("先看视频", "P5d", pay="<h2>观看 15 秒视频后继续</h2><video src='/v.mp4' width=300 height=170></video>"),
            form("跳小程序缴费", "P5d", fee="<h2>应缴 ¥8.00</h2><a href='weixin://dl/business/?t=Pq1'>去小程序支付 ¥8.00</a>"),
            form("下载客户端付款", "P5a", fee=FEE + "<p>客户端付款随机立减</p><p><a href='/d.apk'>安装客户端</a></p>"),
            form("打开就弹确认", "P5c", script=FIRST % "confirm('是否开启停车提醒？')"),
            form("自动打开商城", "P5c", script=FIRST % "setTimeout(()=>window.open('/mall'),600)"),
            form("刷新标签转两次", "P1", head="<script>if(!location.search)location.replace('?a=1');else if(location.search=='?a=1')location.replace('?a=2')</script>"),
        ],
    )  # fmt: skip
    yield (
        "what it costs and tells",
        [
            form("服务费另计", "P12e", fee=FEE.replace("停车约 2 小时", "含平台服务费 ¥0.50")),
            form("会员八折", "P12e", fee=FEE + "<p>会员价 ¥6.40</p>"),
            vue("进场照", "P11b", fee=RESULT + "<img alt=车头 width=300 height=170 src='/capture/in_7.jpg'>"),
            vue("入场时间表格", "P11b", fee=RESULT + "<table><tr><td>入场<td>2026-11-27 08:12<tr><td>时长<td>1 小时 20 分</table>"),
            vue("通道名", "P11b", fee=RESULT + "<p>入口：南门 2 号道，进来的时间是 08:12</p>"),
            vue("本月次数", "P11b", fee=RESULT + "<p>这是您本月第 7 次停车</p>"),
            uni("家人的车", "P11b", fee="<uni-view>应付金额：8.00 元</uni-view><uni-view>同账户车辆：沪B·88*21、沪C·19*07</uni-view><uni-button id=pay>确认支付 8.00 元</uni-button>"),
            form("加购已选", "P5b", fee=FEE.replace("<button>", "<div class='item active'>停车券包 9.9 元（优惠加购）</div><button>")),
            form("营销授权默认同意", "P5b", form=FORM.replace("</form>", "<p><label><input type=checkbox checked> 同意接收商场资讯</label></p></form>")),
            form("行车证照片", "P3", form=FORM.replace("</form>", "<p><label>证件照 <input type=file accept='image/*'></label></p></form>")),
            form("微信取资料", "P4a", script="wx.ready(()=>wx.getUserInfo&&wx.getUserInfo({success(){}}))", phones=WECHAT),
        ],
    )  # fmt: skip


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "what honest lots say",
        [
            says("时钟", "当前时间 10:21，11 月 27 日 星期五"),
            says("限速", "场内限速 5 公里，禁止鸣笛，请礼让行人"),
            says("三号口", "出场请走 3 号口，1 号口施工至 12 月 5 日"),
            says("电子狗", "本场装有车牌识别摄像机，只用于计费，不做人脸识别"),
            says("减免对象", "残疾人、军车凭证件在岗亭免费"),
            says("就诊", "住院陪护车辆在一楼导诊台登记后按 10 元/天收取"),
            says("不推销", "工作人员不推销任何商品，也不索要手机号"),
            says("超时", "缴费后超过 15 分钟未离场，需补缴超时费用"),
            says("代付", "可把本页网址发给家人代付"),
            says("发票说明", "电子发票在缴费成功页面开具，抬头由您自行填写"),
            says("无障碍车位", "无障碍车位位于 B1 电梯厅旁，请勿占用"),
            says("学校", "开学季 7:20–8:00 校门口限时停车 10 分钟"),
            says("余位", "余位 56，预计 5 分钟更新一次"),
            says("验真", "收款单位已在市场监管部门登记，可在国家企业信用信息公示系统查询"),
            says("英文", "Enter your plate, check the amount, pay. Nothing else is asked."),
        ],
    )  # fmt: skip
    yield (
        "what honest pages build",
        [
            vue("自动刷新余位", script="setInterval(()=>fetch('/api/spaces').catch(()=>{}),1500);"),
            vue("跳过导航链接", view="<a href='#carNo'>跳到主要内容</a>" + VIEW),
            vue("订单二选一", fee="<p>待缴 2 笔</p><label><input type=radio name=o checked> ¥8.00</label><label><input type=radio name=o> ¥5.00</label><button id=pay>支付 ¥8.00</button>"),
            vue("已选支付方式", fee="<p>¥8.00</p><div class='way active'>微信支付</div><div class=way>支付宝</div><button id=pay>支付 ¥8.00</button>"),
            vue("收起的规则", view=VIEW + "<button aria-expanded=false>收费规则</button><div hidden>首小时 8 元</div>"),
            vue("错误提示在框下", script=ON_GO % "if(v.length<7)document.querySelector('#result').textContent='车牌格式不正确'"),
            vue("圆环加载", script=f"document.addEventListener('click',e=>{{if(e.target.id==='go'){{document.body.insertAdjacentHTML('beforeend','<div id=sp style=\"{MASK}\"><svg width=60 height=60><circle cx=30 cy=30 r=20 /></svg></div>');setTimeout(()=>document.querySelector('#sp').remove(),600)}}}},true);"),
            uni("长者模式开关", before="<uni-view><uni-button>关怀版</uni-button></uni-view>"),
            uni("新能源切换", before="<uni-view class=tabs><uni-view class='tab active'>普通车</uni-view><uni-view class=tab>新能源车</uni-view></uni-view>"),
            weui("弹出的收费表", top="<a href='javascript:;' class=weui-btn>查看价目表</a>"),
            weui("凭证查询入口", top="<a href='/receipt'>凭证码查询缴费</a>"),
            form("申请发票链接", fee=FEE + "<p><a href='/invoice'>申请电子发票</a></p>"),
            form("代付二维码", fee=FEE + "<p>请家人扫码代付</p>" + code("https://pay.zoo-mall.cn/q/1")),
            form("票号入口", form=FORM + "<p><a href='/ticket'>无牌车凭票号缴费</a></p>"),
            form("标志图", before="<svg width=120 height=40 role=img aria-label=停车><rect width=40 height=40 fill='#06c'/><text x=10 y=30 fill='#fff'>P</text></svg>"),
            form("支付图标一排", fee=FEE + "<p><img alt=微信 width=24 height=24 src='data:,'> <img alt=支付宝 width=24 height=24 src='data:,'></p>"),
            form("语言下拉", before="<select aria-label=语言><option>简体</option><option>English</option></select>"),
            form("两个停车场", before="<p><a href='/p/A'>地面停车场</a> <a href='/p/B'>地下停车库</a></p>"),
            form("未查到也礼貌", owes=False, nothing=NOTHING),
            form("深色样式", head="<style>@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}</style>"),
        ],
    )  # fmt: skip
    yield (
        "pictures and money",
        [
            form("入口照片海报", before=drawn("入口在中山路|高度 2.2 米", 320, 160)),
            form("收费公示照片", before=drawn("收费公示|小型车 5 元/小时", 320, 160)),
            form("疏散图", before=drawn("疏散示意图|您在此处", 320, 160)),
            form("诚信承诺", before=drawn("明码标价|诚信收费", 320, 160)),
            form("商户减免明细", fee=FEE.replace("停车约 2 小时", "停车 3 小时 ¥16.00，商户减免 ¥8.00")),
            form("封顶说明", fee=FEE.replace("停车约 2 小时", "24 小时封顶 60 元，本次 8 元")),
            form("补缴", fee=FEE.replace("停车约 2 小时", "补缴超时 20 分钟费用")),
            form("银联收银台", pay="<script>location.replace('https://cashier.95516.com/b2c/index.html?x=1')</script>正在打开"),
            weui("应付含税", fee="<label>应付金额</label><em>¥8.00（含税）</em><a href='javascript:;' class=weui-btn id=p>去支付</a>"),
            vue("费用表格", fee="<table><tr><td>计费时长<td>1 小时 20 分<tr><td>应付<td>¥8.00</table><button id=pay>支付</button>"),
            vue("弹层确认金额", fee=f"<div role=group style='{SHEET}'><p>应付 ¥8.00</p><button id=pay>确认付款 ¥8.00</button><button>重新查询</button></div>"),
            vue("标题栏返回", view=TITLE + "<a href='javascript:history.back()'>返回</a>" + VIEW.removeprefix(TITLE)),
            form("页脚多链接", foot=INFO + "<p><a href='/terms'>服务条款</a> <a href='/a11y'>无障碍说明</a> <a href='/about'>关于我们</a> <a href='tel:12345'>12345</a></p>"),
        ],
    )  # fmt: skip
