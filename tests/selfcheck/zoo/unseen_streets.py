"""Families of pages from the street: markets, stations, hotels, schools, and what is pushed there.

Written after goods with prices and greetings by name counted; counted before any rule was changed for them.
"""

from collections.abc import Iterator

from tests.selfcheck.zoo.animals import FEE, FOOT, WECHAT, Animal
from tests.selfcheck.zoo.unseen_corners import ON_FEE, layer, linked, old
from tests.selfcheck.zoo.unseen_houses import react
from tests.selfcheck.zoo.unseen_places import says, weui
from tests.selfcheck.zoo.unseen_styles import MASK, RESULT, VIEW, drawn, form, page, uni, vue
from tests.selfcheck.zoo.unseen_tricks import ON_GO, TYPED, answering, picture

AWAY = "https://x.billboard-zoo.com"


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "markets and stations",
        [
            says("菜市场", "摊主车辆请走西门；鲜活货车 5:00–7:00 免费卸货 30 分钟。"),
            says("高铁站", "送站车道限停 8 分钟，接站请进 P3 停车楼。"),
            says("酒店", "住店客人凭房卡到前台登记车牌，退房当天免费。"),
            says("学校", "家长接送时段 7:00–8:00、16:00–17:30 免费，请即停即走。"),
            says("景区涨价", "黄金周停车费按旺季标准收取，详见现场公示。"),
            says("提醒贵重物品", "请锁好车窗，车内勿放现金、手机、购物卡。"),
            says("代缴说明", "可以请家人代为缴费，只需输入车牌，不需要登录。"),
            says("商户减免", "在本商场消费满 100 元，可凭小票到服务台减免 2 小时。"),
            old("县医院", "<tr><td>提示<td>住院患者家属可到收费处办理包天 15 元"),
            form("价目有大巴", before="<table><tr><td>小车<td>5 元/次<tr><td>中巴<td>15 元<tr><td>大巴<td>20 元</table>"),
            form("两种语言页签", before="<p><a href='/p/7F3K?lang=zh'>中文</a> <a href='/p/7F3K?lang=en'>English</a></p>"),
            form("收费员说明", foot=FOOT + "<p>收费员不会向您推销任何卡券，如遇请拨 12345。</p>"),
        ],
    )  # fmt: skip
    yield (
        "ways to build",
        [
            react("费用里分段", shown="<ol><li>首小时 ¥5.00<li>第 2 小时 ¥3.00</ol><button data-a=pay>付款 ¥8.00</button>"),
            vue("成功提示条", script=ON_FEE % "document.body.insertAdjacentHTML('beforeend','<div id=t style=\"position:fixed;left:25%;right:25%;top:40%;background:#000c;color:#fff;padding:12px\">查询成功</div>');setTimeout(()=>document.querySelector('#t').remove(),1500)"),
            uni("车牌颜色", before="<uni-view><span style='cursor:pointer'>蓝牌</span> <span style='cursor:pointer'>绿牌</span> <span style='cursor:pointer'>黄牌</span></uni-view>"),
            linked("怎么收费", link="<p><a href='/more'>怎么收费？</a></p>", behind=page("<h1>收费说明</h1><p>首小时 8 元，之后每小时 6 元。办理月卡请到管理处。</p>")),
            linked("联系方式", link="<p><a href='/more'>联系我们</a></p>", behind=page("<h1>联系我们</h1><p>地址：测试路 1 号。电话 021-6666 0000。公众号：测试停车（仅发布施工通知，缴费不需要关注）</p>")),
            weui("离场时限", fee="<p>应付 ¥8.00</p><p>付款后请在 20 分钟内离场</p><a href='javascript:;' class=weui-btn id=p>确认支付</a>"),
            form("公安备案与营业执照", foot=FOOT + "<p><a href='/license'>营业执照</a> <a href='https://beian.miit.gov.cn/'>沪ICP备2026000009号</a></p>"),
            form("收费员头像不显示", fee=FEE + drawn("扫码枪故障请人工收费", 320, 90)),
        ],
    )  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "pushed at the gate",
        [
            says("扫墙上码", "先扫墙上的二维码加管家，再回本页缴费", "P5a"),
            says("报手机号", "无法识别车牌时请发送手机号至公众号后台", "P5a"),
            says("老客户", "老客户请进入“停车小助手”小程序，省去排队", "P5a"),
            says("第一次来", "第一次来的车主登记一下，以后停车都便宜", "P5a"),
            says("卖酒", "地下一层名酒行，凭缴费页截图买二赠一", "P12d"),
            says("贷款", "手头紧？车抵贷当天放款，利息低", "P12d"),
            form("按钮说车位出租", "P5a", before="<button type=button>车位出租</button>"),
            form("按钮说充话费", "P5a", before="<a href='/hf'>充值话费</a>"),
            form("底部导航", "P5a", before="<nav><a href='/a'>缴费</a> <a href='/b'>逛街</a> <a href='/c'>我的</a></nav>"),
            form("飘窗", "P12d", before=f"<a href='/xx' style='position:fixed;right:0;top:200px'><img alt='' width=120 height=120 src='{picture('试听|三节')}'></a>"),
            form("开屏图", "P5c", before=f"<div id=o style='{MASK}'><img alt='' width=340 height=600 src='{picture('国庆|欢乐购')}'></div>", script="const o=document.querySelector('#o');o&&(o.onclick=()=>o.remove())"),
            vue("查完弹满意度", "P5c", script=ON_FEE % ("setTimeout(()=>" + layer("<p>请为本车场打分</p><button>五星</button>") + ",1000)")),
            vue("支付前强看", "P5d", pay=f"document.body.insertAdjacentHTML('beforeend',`<div style='{MASK};background:#fff'><p>精彩 5 秒后继续</p></div>`);setTimeout(()=>location.href='https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb',5000)"),
        ],
    )  # fmt: skip
    yield (
        "taken on the way",
        [
            form("时区给别家", "P6", script=f"fetch('{AWAY}/z?tz='+Intl.DateTimeFormat().resolvedOptions().timeZone).catch(()=>{{}})"),
            vue("车牌反写给自家日志又存本地", "P7a", script=TYPED % "localStorage.k=[...v].reverse().join('')"),
            vue("键入时刻上报", "P9b", script="const t=[];document.addEventListener('keydown',()=>t.push(Math.round(performance.now())));document.addEventListener('click',e=>{if(e.target.id==='go')fetch('/rhythm',{method:'POST',body:JSON.stringify(t)})},true);"),
            form("索要相机", "P9a", script="navigator.mediaDevices&&navigator.mediaDevices.getUserMedia({video:true}).catch(()=>{})"),
            answering("答复里有车主尾号", '{"code":0,"amount":800,"tip":"尾号 7788 的车主"}', "P11b"),
            vue("答复说昨天也来过", "P11b", fee=RESULT + "<p>您昨天 18:20 也来过</p>"),
            vue("要验尾号", "P3", view=VIEW.replace("<button id=go", "<p>登记手机后四位 <input id=tail maxlength=4></p><button id=go")),
            form("微信开卡券", "P5a", script="wx.ready(()=>wx.addCard({cardList:[]}))", phones=WECHAT),
            vue("查费时跳新窗", "P5c", script=ON_GO % f"window.open('{AWAY}/promo','_blank')"),
        ],
    )  # fmt: skip
