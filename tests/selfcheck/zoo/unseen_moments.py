"""Families of pages by the moment and the place at which they offend, written after the rules had learnt twice.

Counted once, before any rule was changed for them.
"""

from collections.abc import Iterator

from tests.selfcheck.zoo.animals import ALIPAY, FORM, WECHAT, Animal
from tests.selfcheck.zoo.unseen_places import says, weui
from tests.selfcheck.zoo.unseen_styles import MASK, MODAL, RESULT, SHEET, VIEW, drawn, form, keypad, uni, vue
from tests.selfcheck.zoo.unseen_tricks import FIRST, ON_GO, TYPED, code

OTHER = "https://m.partner-zoo.com"
AGAIN = "if(document.cookie.includes('seen=1')){%s}document.cookie='seen=1';"
MORE = FORM.replace("</form>", "<p>%s</p></form>")


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "only then",
        [
            form("第二次来才拦", "P5c", script=FIRST % (AGAIN % f"document.body.insertAdjacentHTML('beforeend',`<div style='{MASK};background:#fff'><p>老朋友，又见面了</p><button>领见面礼</button></div>`)")),
            vue("查到费用才要号码", "P3", fee="<p>应付 ¥8.00</p><label>接收离场提醒的号码<input inputmode=tel></label><button id=pay>支付 ¥8.00</button>"),
            vue("离开车牌框就弹", "P5c", script=f"document.addEventListener('focusout',e=>{{if(e.target.id==='carNo')document.body.insertAdjacentHTML('beforeend','<div style=\"{MODAL};height:320px\"><p>猜您还想要</p><button>看看</button></div>')}});"),
            form("停久了就弹", "P5c", script=FIRST % f"setTimeout(()=>document.body.insertAdjacentHTML('beforeend',`<div style='{SHEET};height:330px'><p>周末亲子乐园</p><button>抢票</button></div>`),3500)"),
            form("支付宝里才提示", "P5a", before="<p id=z></p>", script="/Alipay/.test(navigator.userAgent)&&document.querySelector('#z')&&(document.querySelector('#z').innerHTML='<button type=button>收藏本店小程序</button>')", phones=ALIPAY),
            form("微信里才提示", "P5a", before="<p id=z></p>", script="/MicroMessenger/.test(navigator.userAgent)&&document.querySelector('#z')&&(document.querySelector('#z').textContent='点击右上角关注商场服务号，停车立减')", phones=WECHAT),
            form("打开即静默取号", "P1", redirect="https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&scope=snsapi_base&redirect_uri=x#wechat_redirect", phones=WECHAT),
            vue("第二次查才上报", "P8b", script=ON_GO % f"navigator.sendBeacon('{OTHER}/c',new URLSearchParams({{hphm:v}}))"),
        ],
    )  # fmt: skip
    yield (
        "fields by other names",
        [
            form("房号", "P3", form=MORE % "<label>房号 <input name=room></label>"),
            form("会员卡号", "P3", form=MORE % "<label>卡号 <input name=card></label>"),
            form("证件后四位", "P3", form=MORE % "<label>证件后四位 <input name=id4 maxlength=4></label>"),
            vue("短信登录页签", "P3", view=VIEW + "<div class=tabs>短信登录</div><input name=sms placeholder=验证码>"),
            uni("可编辑块", "P3", before="<uni-view>联系人</uni-view><div contenteditable style='height:36px;border:1px solid #ccc'></div>"),
            form("生日福利", "P3", form=MORE % "<label>生日 <input type=date name=b></label>"),
            form("上传截图", "P3", form=MORE % "<label>关注截图 <input type=file name=shot></label>"),
            form("邮箱", "P3", form=MORE % "<input type=email placeholder='接收账单'>"),
        ],
    )  # fmt: skip
    yield (
        "words in odd places",
        [
            form("选项里", "P5a", before="<select aria-label=服务><option>请先注册会员再缴费</option></select>"),
            form("提示属性", "P5a", before="<button type=button title='关注公众号领券'>🎁</button>"),
            form("列表符号", "P5a", head="<style>li::marker{content:'请先下载 App '}</style>", before="<ul><li>.</li></ul>"),
            form("图片说明", "P5a", before="<img alt='扫码入会，首停免费' width=320 height=140 src='data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='>"),
            form("动图横幅", "P12d", before=drawn("汽车贴膜|特价 199 元", 330, 150)),
            vue("朗读", "P5a", script="setTimeout(()=>speechSynthesis.speak(new SpeechSynthesisUtterance('请先关注公众号再缴费')),600);"),
            form("繁体", "P5a", before="<p>登入會員帳戶，泊車首小時免費</p>"),
            form("英文", "P5a", before="<p>Sign up for free parking. <a href='/j'>Join now</a></p>"),
            form("火星文", "P5a", before="<p>加薇❤信领停车卷，名额有限</p>"),
            form("拼音", "P5a", before="<button type=button>guanzhu 有礼</button>"),
        ],
    )  # fmt: skip
    yield (
        "who gets what",
        [
            form("写日志给别家", "P6", script=f"new Image(1,1).src='{OTHER}/p.gif?u='+encodeURIComponent(document.title)"),
            vue("字体", "P6", head=f"<style>@font-face{{font-family:k;src:url('{OTHER}/k.woff2')}}body{{font-family:k}}</style>"),
            vue("套接字统计", "P6", script=f"new WebSocket('{OTHER.replace('https', 'wss')}/live');"),
            form("报告端点", "P6", headers={"Content-Security-Policy": f"frame-ancestors 'none'; report-uri {OTHER}/csp"}),
            vue("表单字段带车牌", "P8b", script=ON_GO % f"fetch('{OTHER}/f',{{method:'POST',mode:'no-cors',body:(d=>(d.append('k',v),d))(new FormData())}}).catch(()=>{{}})"),
            vue("倒序", "P8b", script=ON_GO % f"new Image().src='{OTHER}/x?q='+encodeURIComponent([...v].reverse().join(''))"),
            vue("会话存车牌", "P8c", script=TYPED % "sessionStorage.plate=v"),
            form("隐藏身份", "P3", form=FORM.replace("</form>", "<input type=hidden name=unionid value=o1></form>")),
            form("一年 Cookie", "P7a", script="document.cookie='u=1;max-age=31536000'"),
            vue("边输边问", "P8c", script="document.addEventListener('input',e=>{const v=e.target.value;if(v.length>4&&v.length<7)fetch('/hint?q='+encodeURIComponent(v))});"),
            form("明文", "P10a", scheme="http"),
        ],
    )  # fmt: skip
    yield (
        "instead of paying",
        [
            form("付完才算先办卡", "P5d", pay="<h2>办理停车卡后支付更省</h2><button>去办理</button>"),
            form("验证手机再付", "P3", pay="<p>为保障支付安全</p><input placeholder=手机号><button>下一步</button>"),
            vue("问卷挡路", "P5d", pay=f"document.body.insertAdjacentHTML('beforeend',`<div style='{MODAL};height:300px'><p>您对本商场满意吗</p><button>满意</button></div>`)"),
            form("个人收款", "P5d", pay="<h2>转账给张师傅</h2>" + code("https://qr.alipay.com/fkx123")),
            form("三步核对", "P2", pay="<h2>请核对</h2><form method=post action='/pay2'><button>下一步</button></form>"),
            vue("贵宾价", "P12e", fee="<p>普通 ¥8.00</p><p>贵宾价 ¥6.00（会员专享价）</p><button id=pay>支付 ¥8.00</button>"),
            vue("车辆合影", "P11b", fee=RESULT + "<img alt='' class=snapshot width=320 height=170 src='/snap/77.jpg'>"),
            vue("近期轨迹", "P11b", fee=RESULT + "<p>最近：11-20 南楼、11-22 北楼</p>"),
            vue("停在哪", "P11b", fee=RESULT + "<p>您的车位于地下二层 C 区</p>"),
        ],
    )  # fmt: skip


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "ordinary",
        [
            says("换班", "岗亭 7:00 与 19:00 换班，请稍候片刻"),
            says("地锁", "车位地锁由物业管理，故障请拨 021-6666 0000"),
            says("消防", "消防通道禁止停车，违者拖移"),
            says("节日", "春节期间照常收费，具体见收费公示牌"),
            says("儿童", "请照看好儿童，勿在车道停留"),
            says("宠物", "携带宠物请走步行通道"),
            says("先付", "建议在取车前先缴费，出口更顺畅"),
            says("电动", "电动自行车请停放在地面非机动车区"),
            form("求助按钮", before="<button type=button>一键求助</button>"),
            form("字号按钮", before="<button type=button>A+</button><button type=button>A-</button>"),
            form("收费公示链接", before="<a href='/board'>收费公示牌</a>"),
            form("更换停车场", before="<a href='/lots'>不是这个停车场？</a>"),
            vue("结果里有服务电话", fee=RESULT + "<p>有疑问请拨 021-6666 0000</p>"),
            vue("应付与实付", fee=RESULT.replace("停车时长 1 小时 20 分", "应付 ¥10.00，商户减免 ¥2.00")),
            vue("支付方式页签", fee="<div role=tablist><button role=tab class=active>微信</button><button role=tab>支付宝</button></div><p>¥8.00</p><button id=pay>支付 ¥8.00</button>"),
            uni("省份键盘", before=f"<div style='{SHEET};height:200px'>{keypad('京津沪渝冀豫云辽黑湘皖鲁')}<span>完成</span></div>"),
            weui("费用说明弹层", fee=f"<label>应付金额</label><em>¥8.00</em><div style='{SHEET}'><p>计费：首小时 8 元</p><a class=weui-btn id=p>确认支付</a></div>"),
            weui("车牌格式说明", top="<p>新能源车牌为 8 位，普通车牌为 7 位</p>"),
            form("安全锁图标", before="<p>🔒 本页由测试停车公司提供</p>"),
            form("英文标签", form=FORM.replace("查询停车费", "Find my fee")),
        ],
    )  # fmt: skip
