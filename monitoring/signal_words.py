"""What each signal is called, what it says and what to do about it, for the people who run the place. Pure.

Here and not in the message catalogue, because an alert is written by a process that has no reader and no
language of his: Chinese for the house, English for whoever is called in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from monitoring.signal_rules import Level, Signal


@dataclass(frozen=True)
class Words:
    title: str
    said: str  # with the signal's figures in braces
    todo: str


CALLS = {
    "start": ("下单", "start"),
    "query": ("查单", "query"),
    "close": ("关单", "close"),
    "refund": ("退款", "refund"),
    "openid": ("取用户标识", "openid"),
}
CAUSES = {
    "notice": ("支付通知", "notice"),
    "query": ("主动查单", "query"),
    "close": ("关单前查单", "query before closing"),
    "bill": ("对账单", "bill"),
}
QUEUES = {
    "payments.payment": ("支付单", "payments"),
    "payments.refund": ("退款单", "refunds"),
    "monitoring.alertmessage": ("告警消息", "alerts"),
    "payments.billrun": ("渠道账单", "channel bills"),
    "payments.invoicerequest": ("开票申请", "invoice requests"),
    "staff.reportmailing": ("定时报表", "mailed reports"),
    "compliance.selfcheck": ("纯净自查", "self-checks"),
    "members.outgoing": ("会员短信", "texts to members"),
}
CHANNELS_EN = {  # English for what `monitoring.measurements` names in Chinese
    "微信支付": "WeChat Pay",
    "支付宝": "Alipay",
    "平台证书": "platform certificate",
    "商户证书": "merchant certificate",
}
NONE = {  # what a count of nothing says, where "none" would say that the thing itself is missing
    "migrations": ("升级都已执行", "up to date"),
    "queue": ("没有积压", "nothing due"),
}
LEVELS = {Level.RED: ("告警", "Alarm"), Level.AMBER: ("留意", "Warning"), Level.GREEN: ("正常", "Well")}

ZH: Mapping[str, Words] = {
    "database": Words("数据库", "连接正常", "检查数据库服务、网络和磁盘；恢复前车主页面会提示到岗亭缴费。"),
    "migrations": Words(
        "数据库结构", "{count} 项升级未执行", "先备份，再运行 manage.py migrate，然后重启各进程。"
    ),
    "merchant_lots": Words(
        "商户配置里的停车场",
        "商户文件里有系统中不存在的停车场：{names}",
        "运行 manage.py check_merchants，改正商户文件里的停车场短名称，再重启各进程。",
    ),
    "sandbox": Words("沙箱", "正在使用沙箱渠道，收不到真钱", "正式收费前去掉 SANDBOX_URL，换成真实商户。"),
    "no_channel": Words(
        "支付渠道", "没有配置任何支付渠道，车主只能到岗亭缴费", "按 docs/channels.md 配置商户文件。"
    ),
    "undelivered": Words(
        "告警发送", "{count} 条告警没有发出去", "检查邮件或机器人设置，运行 manage.py test_alert 试发一条。"
    ),
    "worker_never": Words(
        "后台任务", "从未运行过", "启动 purecode-worker 服务：没有它，支付不会被追查，退款也发不出去。"
    ),
    "worker": Words(
        "后台任务", "{seconds} 秒前有心跳", "查看 purecode-worker 服务的状态和日志，必要时重启。"
    ),
    "queue": Words(
        "待办积压",
        "到期 {count} 条，最久已等 {seconds} 秒",
        "确认后台任务在运行、渠道能连通；持续积压时再加一个后台任务进程。",
    ),
    "clock": Words(
        "服务器时钟",
        "与渠道相差 {seconds} 秒",
        "让服务器与 NTP 对时（timedatectl）。相差 5 分钟时，微信会拒绝我方的全部请求，通知也都会作废。",
    ),
    "unknown_serial": Words(
        "未知的平台公钥或证书序列号",
        "近两小时 {count} 次",
        "渠道换了密钥：到商户平台下载新的公钥，或运行 manage.py wechat_certificates，加进 platform_keys。",
    ),
    "bad_signature": Words(
        "应答验签失败",
        "近两小时 {count} 次",
        "核对公钥与其序列号是否配对；都对的话，检查出口网络有没有被劫持或改写。",
    ),
    "notice_refused": Words(
        "被拒收的通知",
        "近两小时 {count} 次",
        "少量属正常探测。多而且付款迟迟不到账：核对公钥和 APIv3 密钥；到账正常：有人在伪造通知，已全部拒收。",
    ),
    "unknown_merchant": Words(
        "发给未配置商户的通知",
        "近两小时 {count} 次",
        "标出商户号的，账上有它的支付，商户文件里却没有它：一天内加回去（lots 写 []）并重启，渠道会重发。"
        "没有商户号的：核对渠道后台的通知地址是否指错了系统，或是有人在试探。",
    ),
    "start_failed": Words(
        "下单失败", "近两小时 {count} 次", "运行 manage.py check_merchants --online 查原因。"
    ),
    "query_failed": Words(
        "查单失败", "近两小时 {count} 次", "运行 manage.py check_merchants --online 查原因。"
    ),
    "refund_failed": Words(
        "退款请求失败", "近两小时 {count} 次", "查看商户的退款权限和可用余额；系统会用原单号继续重试。"
    ),
    "certificate": Words(
        "证书有效期",
        "还有 {days} 天到期",
        "平台证书：运行 manage.py wechat_certificates 下载新证书并加进 platform_keys。"
        "商户证书：到商户平台更换，再改 serial 和私钥文件。",
    ),
    "channel_hidden": Words(
        "渠道已停用",
        "{call}连续失败（{reason}），已停用 {minutes} 分钟",
        "车主可用其他渠道或到岗亭缴费，系统会自动试探恢复。运行 manage.py check_merchants --online 查原因。",
    ),
    "channel_failing": Words(
        "渠道不稳", "刚才{call}失败（{reason}）", "先观察；连续失败三次会自动停用，恢复后自动启用。"
    ),
    "notices_missing": Words(
        "收不到支付通知",
        "近 {count} 笔支付都靠查单得知",
        "从公网访问 PUBLIC_URL 下的 /n/ 地址，检查域名、HTTPS 证书和防火墙。",
    ),
    "notices": Words("靠通知到账的比例", "{share}%", "检查 PUBLIC_URL 能否从公网稳定访问。"),
    "delay": Words(
        "到账时延", "95% 在 {seconds} 秒内（{count} 笔）", "检查外网线路和数据库；同时看通知是否到达。"
    ),
    "devices": Words(
        "设备联络", "{known} 台中 {silent} 台失联", "检查相机电源、网络和推送地址；现场改用岗亭放行。"
    ),
    "refunds": Words(
        "异常退款",
        "{count} 笔退不回去",
        "多为付款人的卡已注销。请在商户平台处理，或联系车主线下退还，并记录处理结果。",
    ),
    "discrepancies": Words(
        "未处理的账目差异", "{count} 笔，最早的已 {hours} 小时", "在“支付”页逐笔核对渠道账单，查清后处理。"
    ),
    "disk": Words(
        "磁盘", "剩余 {percent}%（{gigabytes} GB）", "清理旧备份和日志，或扩容；写满后数据库会停止服务。"
    ),
    "backup_unset": Words(
        "备份", "没有设置要查看的备份文件", "设好每日备份，用 BACKUP_PATH 指出备份文件或目录。"
    ),
    "backup_missing": Words("备份", "找不到备份文件", "检查备份任务和 BACKUP_PATH。"),
    "backup": Words("备份", "最近一次在 {hours} 小时前", "检查备份任务的日志和磁盘空间，立即补做一次。"),
}

EN: Mapping[str, Words] = {
    "database": Words("Database", "reachable", "Look at the database service, the network and the disk."),
    "migrations": Words(
        "Database schema", "{count} migrations pending", "Back up, run manage.py migrate, restart."
    ),
    "merchant_lots": Words(
        "Lots in the merchants' file",
        "it names lots that do not exist: {names}",
        "Run manage.py check_merchants, correct the file, restart.",
    ),
    "sandbox": Words("Sandbox", "in use: no real money comes in", "Remove SANDBOX_URL before going live."),
    "no_channel": Words("Payment channels", "none is set up", "Set up the merchants: docs/channels.md."),
    "undelivered": Words(
        "Alerts", "{count} could not be delivered", "Check the mail and robot settings: manage.py test_alert."
    ),
    "worker_never": Words("Worker", "has never run", "Start purecode-worker: without it no refund is sent."),
    "worker": Words(
        "Worker", "last beat {seconds} s ago", "Look at purecode-worker and its log; restart it."
    ),
    "queue": Words(
        "Queue", "{count} due, the oldest for {seconds} s", "Is the worker running, do the channels answer?"
    ),
    "clock": Words(
        "Server clock",
        "the channel is {seconds} s ahead",
        "Synchronise with NTP (timedatectl). At 5 minutes WeChat refuses every call.",
    ),
    "unknown_serial": Words(
        "Unknown key serial",
        "{count} in two hours",
        "The channel changed its key: add the new one to platform_keys (manage.py wechat_certificates).",
    ),
    "bad_signature": Words(
        "Answers with a bad signature",
        "{count} in two hours",
        "Check that key and serial belong together, then whether something rewrites the traffic.",
    ),
    "notice_refused": Words(
        "Refused notices",
        "{count} in two hours",
        "A few are probes. Many: check public key and APIv3 key; if money arrives, somebody forges them.",
    ),
    "unknown_merchant": Words(
        "Notices to merchants not set up",
        "{count} in two hours",
        "With a number: it has payments here but is gone from the file. Put it back (lots: []) in a day and"
        " restart; the channel repeats. Without: does an address at the channel point here by mistake?",
    ),
    "start_failed": Words("Failed orders", "{count} in two hours", "Run manage.py check_merchants --online."),
    "query_failed": Words(
        "Failed queries", "{count} in two hours", "Run manage.py check_merchants --online."
    ),
    "refund_failed": Words(
        "Failed refund calls", "{count} in two hours", "Check the right to refund and the merchant's balance."
    ),
    "certificate": Words(
        "Certificate", "{days} days left", "Platform: manage.py wechat_certificates. Merchant: renew it."
    ),
    "channel_hidden": Words(
        "Channel hidden",
        "{call} kept failing ({reason}), hidden for {minutes} min",
        "It is probed and comes back by itself. Run manage.py check_merchants --online.",
    ),
    "channel_failing": Words(
        "Channel unsteady", "{call} failed just now ({reason})", "Watch it; three failures hide it."
    ),
    "notices_missing": Words(
        "No notices arrive",
        "the last {count} payments were found by asking",
        "Reach PUBLIC_URL/n/ from outside: domain, HTTPS certificate, firewall.",
    ),
    "notices": Words(
        "Payments told by notice", "{share} %", "Is PUBLIC_URL steadily reachable from outside?"
    ),
    "delay": Words(
        "Delay until settled", "95 % within {seconds} s ({count})", "Check the line, the database, notices."
    ),
    "devices": Words("Devices", "{silent} of {known} silent", "Check power, network and push address."),
    "refunds": Words(
        "Abnormal refunds",
        "{count} cannot be delivered",
        "Act in the merchant console, or pay the driver back.",
    ),
    "discrepancies": Words(
        "Open discrepancies",
        "{count}, the oldest for {hours} h",
        "Compare with the bill on the payments page.",
    ),
    "disk": Words("Disk", "{percent} % free ({gigabytes} GB)", "Make room: a full disk stops the database."),
    "backup_unset": Words("Backup", "none is watched", "Make daily backups and set BACKUP_PATH."),
    "backup_missing": Words("Backup", "not found", "Check the backup job and BACKUP_PATH."),
    "backup": Words("Backup", "{hours} h old", "Check the backup job, and make one now."),
}


def words_of(signal: Signal, *, chinese: bool = True) -> Words:
    """Return title, finding and advice with the signal's own figures and subject."""
    words = (ZH if chinese else EN)[signal.kind]
    place = 0 if chinese else 1
    said = dict(signal.said)
    if "call" in said:
        said["call"] = CALLS.get(str(said["call"]), (said["call"],) * 2)[place]
    finding = words.said.format(**said)
    if said.get("count") == 0:
        finding = NONE.get(signal.kind, ("没有", "none"))[place]
    if signal.kind == "database" and signal.level == Level.RED:
        finding = "无法连接" if chinese else "not reachable"
    return Words(title_of(signal.kind, signal.subject, chinese=chinese), finding, words.todo)


def title_of(kind: str, subject: str, *, chinese: bool = True) -> str:
    """Return what a signal is called. One that an earlier version knew, or a code, stands as it is."""
    place, words = 0 if chinese else 1, (ZH if chinese else EN).get(kind)
    table = {"queue": QUEUES, "delay": CAUSES}.get(kind, {})
    abroad = " ".join(CHANNELS_EN.get(word, word) for word in subject.split(" "))
    said = table.get(subject, (subject, abroad))[place]
    return f"{words.title if words else kind}{' · ' if said else ''}{said}"
