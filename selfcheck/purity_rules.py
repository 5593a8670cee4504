"""The rules of a pure code as data: what is required, on what ground, how grave a breach is, how to mend it.

Grounds: 《上海市商场停车场扫码缴费服务合规指引》 (2023) as reported;
《北京市扫码消费服务违规收集使用消费者个人信息案例解析及合规指引》 (2023); 云岭·净码2025; 个人信息保护法
(PIPL); 明码标价和禁止价格欺诈规定; 《互联网网站适老化通用设计规范》.
"""

from dataclasses import dataclass
from enum import StrEnum

VERSION = "2026-12-07.1"


class Severity(StrEnum):
    FAIL = "fail"  # a page with a breach of this rule is not pure
    REMARK = "remark"  # to be mended, but the page stays pure


@dataclass(frozen=True)
class PurityRule:
    id: str
    zh: str
    en: str
    ground: str
    severity: Severity
    mend: str  # in Chinese: who mends it reads Chinese
    mend_en: str
    article: str = ""  # the article of the law or guideline, as cited in a report


_F, _R = Severity.FAIL, Severity.REMARK
_GUIDE = "上海合规指引：扫码直接进入缴费页面"
_MINIMUM = "个人信息保护法第六条（最小必要）；上海合规指引：不得收集任何个人信息"
_FORCED = "个人信息保护法第五条、第十六条；上海合规指引：不得诱导、强制"
_OTHERS = "个人信息保护法第二十三条（向第三方提供）"
_PRICE = "明码标价和禁止价格欺诈规定"
_NOTICE = "个人信息保护法第十七条；北京合规指引：公开收集使用规则"
_SAFE = "个人信息保护法第五十一条（安全措施）"
_AGED = "互联网网站适老化通用设计规范；WCAG 2.2 AA"

RULES: tuple[PurityRule, ...] = (
    PurityRule("P1", "扫码后第一页就是车牌页：不跳转他站、不先授权、不跳出应用", "The first page is the plate page: no other site, no authorisation, no app before it",
         _GUIDE, _F, "二维码直接指向车牌输入页，由该页自己以 200 应答", "Let the code lead straight to the plate page, which answers 200 itself"),
    PurityRule("P2", "两步到收银台：输入车牌、点击缴费", "Two acts to the cashier: the plate, and pay",
         "上海：输入车牌号、点击缴费两步", _F, "去掉车牌与支付之间的确认页、活动页", "Drop the pages between plate and payment"),
    PurityRule("P3", "除车牌外不填任何内容", "Nothing is filled in but the plate",
         _MINIMUM, _F, "删除手机号、姓名、验证码等字段及隐藏的用户标识", "Remove phone, name, code fields and hidden user ids"),
    PurityRule("P4a", "不索要头像昵称、手机号等用户信息授权", "No authorisation that reveals who the driver is",
         _FORCED, _F, "不使用 snsapi_userinfo、auth_user、获取手机号接口", "Do not use snsapi_userinfo, auth_user or phone number calls"),
    PurityRule("P4b", "静默授权只在支付时进行", "Even a silent authorisation waits until the driver pays",
         _MINIMUM, _R, "把 snsapi_base 移到点击支付之后", "Move snsapi_base behind the pay button"),
    PurityRule("P5a", "缴费前不出现关注、会员、注册、领券、下载等引导", "No prompt to follow, join, register, download or take coupons before paying",
         _FORCED, _F, "从缴费页删除引导内容；会员服务另设独立的码和页面", "Remove the prompts; give members a code and a page of their own"),
    PurityRule("P5b", "没有预先勾选的选项", "No box is ticked in advance",
         "北京合规指引：不得默认勾选；个人信息保护法第十四条", _F, "取消默认勾选，或直接删除该选项", "Untick it, or better remove it"),
    PurityRule("P5c", "缴费前没有弹窗、遮罩、弹出页面", "No pop-up, overlay or new window before paying",
         "北京合规指引：限制弹窗；云岭·净码2025", _F, "删除弹窗；隐私说明改为页内常显的一行字", "Remove it; an inline line does for the privacy notice"),
    PurityRule("P5d", "支付按钮只做支付，旁边没有冒充的按钮", "The pay button pays, and nothing beside it poses as one",
         _FORCED, _F, "删除支付按钮上的拦截，删除形似支付的营销按钮", "Remove what intercepts the button, and its look-alikes"),
    PurityRule("P6", "到收银台之前不请求任何第三方", "Nothing is requested from another site until the cashier opens",
         _OTHERS, _F, "脚本、字体、图片、统计全部去掉或改为本站内联", "Drop scripts, fonts, pictures and statistics of others"),
    PurityRule("P7a", "不留存可长期识别车主的 Cookie 和本地存储", "Nothing lasting is left in the browser",
         _MINIMUM, _F, "删除持久 Cookie、localStorage、IndexedDB 等", "Remove lasting cookies, localStorage, IndexedDB"),
    PurityRule("P7b", "不使用会话 Cookie", "No session cookie either",
         _MINIMUM, _R, "缴费页无需登录，也就无需会话", "A page without a login needs no session"),
    PurityRule("P8a", "车牌不出现在网址和 Referer 中", "The plate is never in an address",
         _SAFE, _F, "车牌改用 POST 提交", "Send the plate by POST"),
    PurityRule("P8b", "车牌不以任何形式发给第三方", "The plate goes to nobody else, in no disguise",
         _OTHERS, _F, "停止发送；编码、哈希后的车牌仍是个人信息", "Stop sending it; encoded or hashed it is still the plate"),
    PurityRule("P8c", "车牌输完之前不发送，任何时候不存入浏览器", "Nothing of the plate is sent before it is complete, or kept in the browser",
         _MINIMUM, _F, "不监听逐字输入上报，不把车牌写入浏览器存储", "Do not report keystrokes; do not keep the plate in the browser"),
    PurityRule("P9a", "不索要定位、相机、剪贴板、传感器、通知等权限", "No location, camera, clipboard, sensor or notification is asked for",
         "个人信息保护法第六条；云岭·净码2025：不得频繁索权", _F, "删除权限调用", "Remove the call"),
    PurityRule("P9b", "不采集设备指纹，不录制操作", "No fingerprinting, no recording of what the driver does",
         _MINIMUM, _F, "删除画布回读、操作录制等代码", "Remove canvas read-back and recorders"),
    PurityRule("P10a", "全程 HTTPS，网页里没有密钥", "HTTPS throughout, and no secret in the page", _SAFE, _F, "启用证书，停用 http；密钥移回服务器并更换", "Use a certificate and no plain http"),
    PurityRule("P10b", "安全响应头齐全，车牌结果不被缓存", "Protective headers are set and answers are not cached",
         _SAFE, _R, "设置 CSP、nosniff、Referrer-Policy、防嵌套，结果页 no-store", "Set CSP, nosniff, Referrer-Policy, frame protection; no-store on answers"),
    PurityRule("P11a", "查不到的车牌答复一致", "Absent plates are all answered alike",
         "个人信息保护法第五十一条；防止他人查车", _R, "未入场、已缴、免费用同一句话答复", "One sentence for absent, paid and free"),
    PurityRule("P11b", "查询结果不透露入场时间、位置、照片、历史", "The answer does not tell entry time, place, pictures or history",
         "个人信息保护法第二十八条（行踪轨迹）", _F, "付款前只显示金额和时长", "Before paying show amount and duration only"),
    PurityRule("P12a", "显示收款方", "The payee is shown", _PRICE + "；防假码", _R, "写明经营者全称", "Name the operator in full"),
    PurityRule("P12b", "显示收费标准", "The price rule is shown", _PRICE, _R, "在缴费页用一行写明计费办法", "Say the price rule in a line"),
    PurityRule("P12c", "显示服务或投诉电话", "A help or complaint phone is shown", _PRICE + "；人民币现金收付及服务规定", _R, "写明服务电话和 12345/12315", "Show the service phone and 12345/12315"),
    PurityRule("P12d", "没有广告", "No advertisement", _FORCED, _F, "撤下广告位", "Take the advertisements down"),
    PurityRule("P12e", "非会员不多付钱，不以加价、信用相威胁", "Who is no member pays no more, and nobody is threatened",
         _FORCED + "；" + _PRICE, _F, "缴费页不以会员价引导，费用一致", "Charge the same, and do not lure with a member price"),
    PurityRule("P13a", "无障碍：能被读屏软件使用", "Accessible to everybody", _AGED, _R, "按附件所列逐项修正", "Mend what the annex lists"),
    PurityRule("P13b", "关闭脚本也能用", "It works with scripts off", "弱网、老旧手机可用", _R, "用普通表单实现查费", "Use a plain form"),
    PurityRule("P13c", "字号放大一倍不缺内容", "Nothing is lost at 200 % text", _AGED, _R, "改用可换行的相对布局", "Use a layout that wraps"),
    PurityRule("P14", "纯净码与会员码分开，名实相符", "Pure and member codes are apart, and each is what its label says",
         "上海合规指引：会员码须充分告知；北京合规指引：与会员码区分", _F, "纯净码只通向缴费页；会员码单独标明", "Let the pure code lead to payment only; label the member code"),
    PurityRule("P15a", "隐私说明一点即达，写明用途、期限、联系方式", "The privacy notice is at hand: purpose, time, contact",
         _NOTICE, _R, "页内放一行说明和链接", "Put a line and a link on the page"),
    PurityRule("P15b", "隐私说明与实测一致", "What the notice says is true", _NOTICE + "；第七条（公开透明）", _F, "改正页面，或如实改写说明", "Mend the page, or the notice"),
    PurityRule("P16", "对检查工具与对车主展示的内容一致", "A browser that admits to be automated is shown the same page",
         "个人信息保护法第五条（诚信）、第六十三条（不得拒绝、阻挠检查）", _F, "删除识别检查工具的代码", "Remove the code that recognises testing tools"),
)  # fmt: skip
BY_ID = {rule.id: rule for rule in RULES}
ORDER = {rule.id: place for place, rule in enumerate(RULES)}
