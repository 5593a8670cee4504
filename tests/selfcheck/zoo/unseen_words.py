"""Families of pages with other wording, written after the rules had learnt from `unseen_places`; counted once."""

from collections.abc import Iterator

from tests.selfcheck.zoo.animals import FEE, Animal
from tests.selfcheck.zoo.unseen_places import says, weui
from tests.selfcheck.zoo.unseen_styles import MASK, MODAL, RESULT, SHEET, THIRD, drawn, form, uni, vue


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "notices",
        [
            says("施工", "B2 层地坪施工至月底，请按指引绕行。"),
            says("夜间", "夜间出场请提前缴费，岗亭 23:00 后无人值守。"),
            says("军警", "消防、救护、警车免费；执行任务请走 3 号口。"),
            says("充电", "充电桩由第三方运营，充电费在桩上另行支付，与停车费分开。"),
            says("共享", "错峰停车时段为 8:00–18:00，超时按标准计费。"),
            says("纠错", "号牌识别有误？按岗亭对讲，我们会更正。"),
            says("不卖东西", "这里只收停车费，不推荐任何商品，也不要求加好友。"),
            says("防骗", "近期有人冒充停车场发短信，请勿点击链接，也不要把验证码告诉他人。"),
            says("会员价格说明", "无论是否会员，停车收费标准相同。"),
            says("法定", "依据《上海市停车场（库）管理办法》，本场收费标准已公示并备案。"),
        ],
    )
    yield (
        "layouts",
        [
            weui("底部固定查询条", top="<div style='position:fixed;bottom:0;left:0;right:0;background:#fff;padding:6px'>余位 32</div>"),
            vue("费用卡片带小图标", fee=RESULT + "<svg width=20 height=20><circle cx=10 cy=10 r=8 /></svg>"),
            uni("费用大字", fee="<uni-view style='font-size:40px'>￥8.00</uni-view><uni-button id=pay>支付停车费</uni-button>"),
            form("页内锚点", before="<p><a href='#rule'>收费标准</a> <a href='#help'>帮助</a></p><h2 id=rule>收费标准</h2><p>每小时 5 元</p>"),
            form("可选的减免码", form="<form method=post action='{path}'><label for=plate>车牌号</label> <input id=plate name=plate><label>商户减免券码（可不填） <input name=coupon></label><button>查询停车费</button></form>"),
            vue("先显示骨架再显示按钮", delay=1200),
            form("关闭的提示框", before="<dialog id=d><p>请核对车牌</p></dialog>"),
            form("纯文字页脚", foot="<p>收费 5 元/小时 · 隐私：车牌离场 24 小时后删除，联系 021-5555 0100</p><p><a href='/privacy'>隐私</a></p>"),
        ],
    )  # fmt: skip
    yield (
        "fees",
        [
            form("分段明细", fee=FEE.replace("停车约 2 小时", "08:00–10:00 两小时，每小时 4 元").replace("08:00–10:00 ", "")),
            form("已减免", fee=FEE.replace("停车约 2 小时", "停车约 3 小时，本次减免 1 小时")),
            form("封顶", fee=FEE.replace("停车约 2 小时", "已达当日封顶")),
            form("收据入口", fee=FEE + "<p>缴费后可凭凭证码打印收据</p>"),
            form("改查别的车", fee=FEE + "<p><a href='/p/7F3K'>重新输入车牌</a></p>"),
            form("多辆车提示", fee=FEE + "<p>一次只查一辆车</p>"),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "offers",
        [
            says("扫码入群", "扫码进社群，群内每日发放免费停车码", "P5a"),
            says("邀请", "邀请 1 位车主注册，双方各得 10 元", "P5a"),
            says("会员日", "每周三会员日，会员停车五折，点此加入", "P5a"),
            says("绑微信", "绑定微信账号，下次自动缴费", "P5a"),
            says("下载", "安装“测试停车”手机客户端，停车不排队", "P5a"),
            says("订阅", "点击订阅，缴费成功后第一时间提醒您", "P5a"),
            says("认证车主", "完成车主认证，享首停免费", "P5a"),
            says("开卡", "1 元开通停车畅停卡，全年省 300 元", "P5a"),
            form("抽奖按钮", "P5a", before="<button type=button>幸运抽奖</button>"),
            form("扫码关注按钮", "P5a", before="<button type=button>关注得 2 小时停车</button>"),
            form("办理无感", "P5a", fee=FEE + "<button type=button>升级为无感停车</button>"),
            form("会员登录链接", "P5a", before="<a href='/vip'>VIP 会员入口</a>"),
        ],
    )  # fmt: skip
    yield (
        "pictures and covers",
        [
            form("红包海报", "P5a", before=drawn("停车红包|点击领取", 320, 160)),
            form("公众号海报", "P5a", before=drawn("请先关注公众号|再缴费", 320, 160)),
            form("小程序海报", "P5a", before=drawn("打开小程序|停车更优惠", 320, 160)),
            vue("费用后半屏广告", "P5c", script=f"document.addEventListener('click',e=>{{if(e.target.id==='go')document.body.insertAdjacentHTML('beforeend','<div style=\"{SHEET};height:400px\"><p>新车试驾，预约有礼</p><button>立即预约</button></div>')}});"),
            weui("登录弹窗", "P5c", script=f"setTimeout(function(){{document.body.insertAdjacentHTML('beforeend','<div style=\"{MASK}\"></div><div style=\"{MODAL};height:260px\"><p>登录享更多服务</p><button>手机号登录</button></div>')}},900);"),
            form("图片弹窗", "P5c", script=f"document.querySelector('#plate')&&document.body.insertAdjacentHTML('beforeend',`<div style='{MASK}'>{drawn('全场特惠|立即抢购', 260, 300)}</div>`)"),
        ],
    )  # fmt: skip
    yield (
        "data",
        [
            uni("定位选车场", "P9a", script="navigator.geolocation.watchPosition(()=>{},()=>{});"),
            vue("他站日志", "P6", script=f"fetch('{THIRD}/log',{{method:'POST',mode:'no-cors',body:'open'}}).catch(()=>{{}});"),
            weui("访客标识", "P7a", script="localStorage.setItem('device_uid',String(Math.random()));"),
            form("车主手机号", "P3", form="<form method=post action='{path}'><label for=plate>车牌号</label> <input id=plate name=plate><label>车主电话 <input name=owner_tel></label><button>查询停车费</button></form>"),
            vue("透露入场口", "P11b", fee=RESULT.replace("停车时长 1 小时 20 分", "08:05 由 2 号口驶入")),
            vue("透露历史", "P11b", fee=RESULT + "<p>本月停车 6 次</p>"),
            form("支付前入会", "P5d", pay="<h2>开通会员后支付</h2><button>同意协议并开通</button>"),
            form("会员另价", "P12e", fee=FEE.replace("停车约 2 小时", "停车约 2 小时，非会员加收 1 元手续费")),
        ],
    )  # fmt: skip
