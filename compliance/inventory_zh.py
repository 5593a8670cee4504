"""The data inventory in Chinese, for the console and for inspectors. `compliance.inventory` decides what is there.

Purposes stand in the order of a model's entries. What is missing here is shown in English; a test finds it.
"""

from dataclasses import dataclass

from compliance.inventory import ENTRIES, Entry, Kind, Personal

_CONTRACT = "个人信息保护法第十三条第一款第二项：履行停车合同所必需"
_BOOKS = f"{_CONTRACT}；第三项：履行会计账簿保存义务"
_WORK = "个人信息保护法第十三条第一款第二项：劳动用工管理；第五十一条：权限管理与留痕"
_AGREED = "个人信息保护法第十三条第一款第一项：本人同意；自愿加入会员，可随时撤回，缴费不需要"
_LEFT = "至退出会员或注销账号，立即删除；最迟 365 天（MEMBER_DAYS）无人使用时"
_NOBODY = "仅运营方"
_ACCOUNTS = "随会计档案保存（《会计档案管理办法》），本系统不删除"


@dataclass(frozen=True)
class Words:
    """A kind of data: its name, legal ground, recipients, retention."""

    name: str
    ground: str
    recipients: str
    retention: str


KINDS: dict[str, Words] = {
    "plate": Words("号牌", _CONTRACT, "无：不给支付渠道，不给其他停车场，页面上均遮盖", "车辆离场满各场保存期限后清除（默认 24 小时），后台每五分钟执行一次"),
    "picture": Words("车辆照片", f"{_CONTRACT}（核对误识别）", "仅运营方工作人员，每次查看留痕", "与所属号牌同时删除；未识别出号牌的，自拍摄起满保存期限后删除。仅设置为留存的设备才保存，默认不存"),
    "debt": Words("欠费索引", f"{_CONTRACT}：费用尚未结清", _NOBODY, "缴清或减免即清除，默认最长 30 天（DEBT_DAYS）"),
    "stay": Words("停车记录", _BOOKS, _NOBODY, "随账目保存；号牌清除后不再对应任何车辆"),
    "detour": Words("微信跳转", _CONTRACT, "车主在微信内选择微信支付时的微信：仅一个随机词", "失效后一小时内删除（有效期五分钟）"),
    "payment": Words("支付单", _BOOKS, "车主所选的支付渠道：仅订单号、金额和固定说明", _ACCOUNTS),
    "coupon": Words("停车券", _BOOKS, "发券商户：仅知是否使用、抵扣多少，不知哪辆车", _ACCOUNTS),
    "invoice": Words("发票信息", "个人信息保护法第十三条第一款第二项：应车主请求开票；自愿，不作为条件", "运营方的开票服务与税务机关：抬头、税号、金额；要求邮寄时的邮件服务器：邮箱", "邮箱发出后即删；其余在开具或拒绝后删除，默认 7 天（INVOICE_RETENTION_DAYS），撤回申请立即删除"),
    "invoiced": Words("开票记录", _BOOKS, _NOBODY, _ACCOUNTS),
    "rights": Words("个人信息请求", "个人信息保护法第四十四至四十七条、第五十条：答复并证明已答复", _NOBODY, "不删除；只对应支付单号，不对应个人"),
    "books": Words("账簿", _BOOKS, _NOBODY, _ACCOUNTS),
    "act": Words("操作记录", "个人信息保护法第十三条第一款第二项：劳动用工管理；第三项：会计义务", _NOBODY, _ACCOUNTS),
    "access right": Words("通行权限", _BOOKS, _NOBODY, "随账目保存；号牌清除后不再对应任何车辆"),
    "barrier": Words("开闸指令", _CONTRACT, "该车道的道闸控制器", "随停车记录保存"),
    "mailed report": Words("定时报表", _WORK, "运营方的邮件服务器", "收件地址在停发或其权限收回时清除；记录随设定人保留"),
    "device": Words("设备", "不涉及个人信息", _NOBODY, "至设备移除"),
    "setup": Words("设置", "不涉及个人信息", "部分公开：标识与页面", "至工作人员修改"),
    "proof": Words("履责证明", "个人信息保护法第五十一条、第五十四条：证明已清除、已审计", _NOBODY, "不删除"),
    "staff": Words("工作人员", _WORK, _NOBODY, "至管理员删除账号；处理过资金的账号停用而不删除"),
    "login": Words("登录状态", _WORK, _NOBODY, "失效后一小时内删除"),
    "running": Words("运行状况", "不涉及个人信息", "运营方指定的告警接收人：只含设备或渠道名称", "90 天；计数满 35 天后汇总"),
    "member": Words("会员", _AGREED, "短信服务（SMS_URL）：手机号和短信内容；不给其他人", _LEFT),
    "membership": Words("会员权益", _AGREED, _NOBODY, _LEFT),
    "message": Words("会员短信", _AGREED, "短信服务（SMS_URL）：手机号和短信内容；不给其他人", "发出即删，过时未发的也删（验证码 5 分钟）；验证码记录在索取一小时后删除"),
    "agreed": Words("同意记录", "个人信息保护法第十四条、第六十九条：证明何时同意、同意了什么", _NOBODY, "结束后三年（民法典第一百八十八条）；注销账号后不再对应会员"),
    "seen": Words("会员登录与凭证", _AGREED, _NOBODY, "登录状态结束即删，最长 30 天；凭证摘要 31 天后删除"),
    "watching": Words("告警处理", _WORK, _NOBODY, "失效后 90 天"),
}  # fmt: skip
PERSONAL = {Personal.YES: "是", Personal.INDIRECTLY: "间接", Personal.NO: "否"}
_WHO_PRINTED = "哪位工作人员办理、为何"

PURPOSES: dict[str, tuple[str, ...]] = {
    "lots.Operator": ("停车场由谁负责；按告知、明码标价和现金规定在页面公示", "两人同时修改时不丢失任何一方"),
    "lots.Lot": ("哪个停车场", "号牌保存多久", "出场规则、是否收费", "两人同时修改时不丢失任何一方"),
    "lots.Lane": ("哪个出入口",),
    "lots.Sign": ("哪块标识挂在哪里", "辨别真标识与伪造、作废的标识"),
    "lots.PrintRun": ("哪些标识一起印制，重复点击不重印", _WHO_PRINTED),
    "lots.SignEvent": ("标识何时印制、何种规格、何时作废", _WHO_PRINTED),
    "lots.SignWording": ("标识采用哪地规范、何种用语", _WHO_PRINTED),
    "lots.TariffVersion": ("每笔账单所依据的计费规则", "谁对计费规则负责"),
    "lots.TariffDraft": ("起草中的计费规则", "哪位工作人员起草"),
    "lots.TariffEdit": ("草稿的每次存稿，不丢失他人工作", "哪位工作人员存稿"),
    "lots.SettingChange": ("设置从什么改成什么", "哪位工作人员修改，只记一次"),
    "lots.DeviceTrouble": ("提示工作人员设备有何问题，保存 30 天",),
    "staff.ClerkInvitation": ("邀请成为哪家商户的店员",),
    "lots.Device": ("哪台相机或控制器在哪里", "识别其请求；密钥加密保存", "不停机更换密钥；加密", "设置与状态"),
    "lots.DeviceNonce": ("拒绝设备重复发送的请求，失效后几分钟内删除",),
    "lots.ParkingSession": ("向工作人员和车道内车主（遮盖）显示是哪辆车；加密", "在本场（且仅在本场）查找该号牌的停车记录", "计算费用", "解释和更正停车记录", "已缴费车辆放行", "时间更正后重新比对费用与支付", "号牌清除后，月租或免费权限抵了哪段停车", "证明号牌何时已清除"),
    "lots.AccessRight": ("识别持月租或在白名单内的车辆；仅限本场，权限结束满保存期限后清除", "哪种权限、何时有效", "由来与结果", "哪位工作人员授予或撤销", "证明号牌何时已清除"),
    "lots.AccessExtension": ("延长至何时", "哪位工作人员办理、何时"),
    "lots.PlateRead": ("把同一辆车的多次识别并为一次停车；加密", "在哪里识别、属于哪次停车", "相机自己的事件号，重复上报只计一次", "何时识别，使迟到的上报也能归位", "识别结果，供核对误识别"),
    "lots.ReadPicture": ("核对误识别的号牌；加密",),
    "lots.GateCommand": ("道闸只开一次、不迟开，并知道因何放行",),
    "payments.WechatReturn": ("微信返回后继续同一费用单", "返回地址只用一次且短时有效"),
    "payments.Payment": ("支付的是什么", "在渠道查找这笔钱", "车主查看结果的页面地址与语言", "金额与状态", "车主的凭证，用于咨询和无账号行使权利", "后台何时再向渠道查询", "在哪一天的渠道账单中核对到"),
    "payments.Refund": ("退多少、为何", "以何种方式退", "何时退、何时再查询", "在渠道账单中核对"),
    "payments.PaymentEvent": ("支付的每一步，供争议核查",),
    "payments.LedgerEntry": ("以分记的账",),
    "payments.Shop": ("哪家商户可以发券", "发券上限，防止滥用"),
    "payments.Shop_clerks": ("哪些账号只看得到该商户",),
    "payments.CouponOffer": ("券值多少、何时有效、由谁承担",),
    "payments.CouponOffer_shops": ("哪家商户可发哪种券",),
    "payments.Coupon": ("在本场查找该号牌的券；随停车记录清除，未使用的在券失效后清除", "哪种权益、是否已用", "按券码查找、再次显示", "用于哪次停车、有效至何时", "不超商户预算，重复点击只发一张"),
    "payments.CouponEvent": ("券的每一步，供争议核查", "哪位工作人员发放或收回"),
    "payments.CouponUse": ("抵扣了多少，其中商户承担多少",),
    "payments.Discrepancy": ("渠道账与本系统账不一致的款项",),
    "payments.BillRun": ("每天与渠道账单核对过、结果如何", "账单汇总；账单本身不保存"),
    "payments.BillLine": ("账单中未立即一致的行及其处理",),
    "payments.BooksCheck": ("每晚自查账目是否平衡",),
    "payments.DayClosing": ("哪些营业日已日结",),
    "payments.DayClosingEvent": ("何时、为何日结或重开，当时的数字", "由谁负责"),
    "payments.Debt": ("哪次停车未付", "欠多少、何时起", "该车再次进入本场时能对应上；仅限本场"),
    "payments.Shift": ("谁的钱箱、多少现金、差多少",),
    "payments.StaffAct": ("谁对资金或停车记录做了什么、为何；原因含号牌或电话的拒收",),
    "payments.RefundRequest": ("大额退款由第二人审批",),
    "payments.Reporter": ("哪些设备可上报外部收款",),
    "payments.InvoiceRequest": ("申请的抬头、税号、邮箱、链接；加密", "申请了什么、进行到哪一步", "开了什么，或为何不开", "何时申请、由谁处理", "证明购票方信息何时已清除"),
    "payments.InvoiceEvent": ("发票的每一步：谁、何时、为何",),
    "payments.RedLetter": ("退款后待红冲的发票、由谁处理",),
    "payments.ChannelState": ("哪个停车场的哪个渠道故障", "各进程据此暂停故障渠道并稍后重试"),
    "payments.ChannelCount": ("渠道出错的次数",),
    "payments.ChannelReading": ("渠道时钟与本机相差多少",),
    "monitoring.Heartbeat": ("后台进程在运行",),
    "monitoring.Incident": ("何处故障、起止时间",),
    "monitoring.Silence": ("谁让告警静默、到何时、为何",),
    "monitoring.AlertMessage": ("告警发送直至送达；不含人名和号牌",),
    "compliance.RightsRequest": ("请求了什么、何时前答复", "如何答复、何时、由谁"),
    "compliance.Forgetting": ("每次清除了多少，不含号牌", "提前清除由谁决定、为何"),
    "compliance.NoticeVersion": ("隐私说明何时说了什么",),
    "compliance.Inspection": ("为哪家运营方制作了检查材料", "由谁制作"),
    "compliance.AuditDigest": ("证明操作记录未被改动",),
    "compliance.SelfCheck": ("何时自查、下次何时", "是否纯净及证据；测试车牌是虚构的"),
    "compliance.SelfCheckAlarm": ("页面何时、如何变差", "由谁处理、如何处理"),
    "auth.User": ("工作人员登录；密码以慢哈希保存", "认识和联系本人，可不填", "可以做什么"),
    "staff.Grant": ("可以在哪里做什么", "谁授予、谁收回、何时"),
    "staff.PlateLook": ("谁何时查找或查看了完整号牌；不含号牌本身",),
    "staff.Invitation": ("邀请新人或重设密码", "谁邀请、结果如何"),
    "mfa.Authenticator": ("工作人员的两步验证",),
    "account.EmailAddress": ("无：保持为空",),
    "account.EmailConfirmation": ("无：保持为空",),
    "auth.User_groups": ("工作人员的权限",),
    "auth.User_user_permissions": ("工作人员的权限",),
    "auth.Group": ("工作人员的角色",),
    "auth.Group_permissions": ("工作人员的角色",),
    "auth.Permission": ("框架的权限表",),
    "contenttypes.ContentType": ("框架的数据表清单",),
    "staff.ReportMailing": ("哪份报表、多久发一次", "发给哪位工作人员、由谁设定", "下次何时发、上次结果"),
    "staff.StaffIdentity": ("工作人员单点登录：其账号在身份系统中的名称",),
    "members.Benefit": ("某停车场会员的权益", "可选填哪些信息，限于固定清单", "哪位工作人员开始、结束"),
    "members.MemberSign": ("哪块会员码挂在哪里，与纯净码分开",),
    "members.LaneDisplay": ("哪块屏可在出口向车辆显示码", "由谁设置"),
    "members.Terms": ("会员同意的文本",),
    "members.Member": ("凭验证码登录；加密并建索引", "月卡开票用，自愿填写；加密", "有此账号、是否还在使用"),
    "members.BoundPlate": ("权益所属的号牌；加密，索引按运营方，与停车记录不相通", "属于谁、如何证明", "由哪位工作人员绑定"),
    "members.Points": ("积分及其变动；不对应停车记录",),
    "members.ClaimedReceipt": ("凭证已积分；不对应支付和会员",),
    "members.Consent": ("会员已同意",),
    "members.SmsCode": ("核对验证码；不能还原", "发给谁、请求了几次；加密", "请求时同意了什么、是否仍有效"),
    "members.Outgoing": ("待发短信；整条加密",),
    "members.MemberSession": ("浏览器已登录；不含地址和设备信息",),
    "staff.SignIn": ("工作人员已登录；车主没有",),
}  # fmt: skip
NAMES = {
    "lots": "停车场",
    "payments": "资金",
    "compliance": "合规",
    "operations": "运行",
    "members": "会员",
}


def kind_words(kind: Kind) -> Words:
    return KINDS.get(kind.name) or Words(kind.name, kind.ground, kind.recipients, kind.retention)


def purposes(model: str) -> tuple[str, ...]:
    """Return the purposes of a model's entries, in their order; in English if the Chinese ones do not fit."""
    entries: tuple[Entry, ...] = ENTRIES[model]
    told = PURPOSES.get(model, ())
    return told if len(told) == len(entries) else tuple(entry.purpose for entry in entries)
