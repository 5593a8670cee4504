"""The operator's compliance set (运营方合规文件集) in plain values for one PDF. In Chinese.

What only the operator can do (names of persons, contracts, training, assessment by others) stays a blank
that is marked as such; the system must not state it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count
from django.utils import translation
from django.utils.timezone import localtime

from compliance import inventory
from compliance.models import AuditDigest, DataRequest, Erasure, NoticeVersion, SelfCheck
from compliance.notice_versions import LANGUAGE
from compliance.recipient_list import receivers_of
from core import hooks
from core.release import release
from core.transport import Unreached, reach
from lots import pictures
from lots.models import Device, Lot, Operator, ParkingSession, ParkingSystemLink, Recipient
from payments.models import Reporter
from selfcheck.purity_rules import VERSION as RULES
from selfcheck.purity_verdict import PurityVerdict
from staff.models import PlateAccess

PERIOD = timedelta(days=365)
CHANNELS = {"wechat": "微信支付（财付通支付科技有限公司）", "alipay": "支付宝（支付宝支付科技有限公司）"}
FAILED = {
    "name_unknown": "域名不能解析",
    "port_closed": "端口未开放",
    "unreachable": "连接不上",
    "certificate": "证书未通过验证",
    "certificate_name": "证书域名不符",
    "certificate_ended": "证书已过期",
    "tls": "不能建立加密连接",
}
REPORTED = {"etc": Recipient.Kind.ETC, "plate_pay": Recipient.Kind.PLATE_PAY}


def collect(
    operator: Operator,
    lots: Sequence[Lot],
    *,
    by: str,
    at: datetime,
    doctor: str = "",
    probe: bool = False,
) -> dict[str, Any]:
    """Return the facts of the set. `doctor`: what `purecode doctor` printed. `probe`: try TLS of each hop."""
    since = at - PERIOD
    with translation.override(LANGUAGE):
        return {
            "head": _head(operator, by, at, since),
            "lots": [_lot(lot, since) for lot in lots],
            "recipients": [row for lot in lots for row in _recipients(lot)],
            "unlisted": [text for lot in lots for text in _unlisted(lot)],
            "kinds": _kinds(),
            "members": [_members(lot, at) for lot in lots] if settings.MEMBERS else [],
            "member_kinds": _kinds(members=True),
            "figures": _figures(lots, since, at),
            "hops": _hops(lots, probe=probe),
            "doctor": [line.rstrip() for line in doctor.splitlines() if line.strip()][:60],
            "evidence": _evidence(lots),
        }


def _head(operator: Operator, by: str, at: datetime, since: datetime) -> dict[str, str]:
    here = release()
    return {
        "operator": operator.legal_name,
        "contact": operator.contact,
        "service": operator.service_phone,
        "complaint": operator.complaint_phones,
        "host": settings.PUBLIC_URL,
        "by": by,
        "at": f"{localtime(at):%Y-%m-%d %H:%M}",
        "on": f"{localtime(at):%Y年%-m月%-d日}",
        "since": f"{localtime(since):%Y-%m-%d}",
        "release": f"{here.version}（源码 SHA-256 {here.sources[:16]}…）",
        "rules": RULES,
    }


def _lot(lot: Lot, since: datetime) -> dict[str, str]:
    check = SelfCheck.objects.filter(lot=lot).first()
    checked = check.checked_at if check else None
    sessions = ParkingSession.objects.filter(lot=lot, entered_at__gte=since).count()
    return {
        "name": lot.name,
        "address": lot.address,
        "hours": str(lot.retention_hours),
        "pictures": "保存" if pictures.kept_in(lot.slug) else "不保存",
        "devices": str(Device.objects.in_use().filter(lot=lot).count()),
        "system": "本系统" if lot.system == Lot.System.BUILTIN else str(lot.get_system_display()),
        "sessions": str(sessions),
        "verdict": PurityVerdict(check.verdict).zh if check and check.verdict else "尚未自查",
        "checked": f"{localtime(checked):%Y-%m-%d}" if checked else "—",
    }


def _row(lot: Lot, name: str, contact: str, data: str, why: str, relation: str, since: str) -> dict[str, str]:
    return {
        "lot": lot.name,
        "name": name,
        "contact": contact or "（待填）",
        "data": data,
        "why": why,
        "relation": relation,
        "since": since or "（待填）",
    }


def _recipients(lot: Lot) -> list[dict[str, str]]:
    rows = []
    for one in receivers_of(lot, with_ended=True):
        since = f"{one.since:%Y-%m-%d}" if one.since else ""
        until = f" 至 {one.ended_on:%Y-%m-%d}" if one.ended_on else ""
        relation = "委托处理" if one.is_entrusted else "提供"
        rows.append(
            _row(lot, one.name, one.contact, str(one.data), str(one.purpose), relation, since + until)
        )
    for provider in sorted(_channels(lot)):
        data = "订单号、金额、固定说明；微信内支付另经 openid 或网络地址，不留存；不含号牌"
        name = CHANNELS.get(provider, provider)
        rows.append(_row(lot, name, "渠道公示的客服", data, "车主选择的支付渠道", "提供", ""))
    if settings.INVOICE_ISSUER_URL and Recipient.Kind.INVOICE not in _named(lot):
        host = urlsplit(settings.INVOICE_ISSUER_URL).hostname or ""
        data = "发票抬头、税号、金额；不含号牌"
        rows.append(_row(lot, f"开票服务（{host}）", "", data, "车主申请电子发票", "委托处理", ""))
    return rows


def _channels(lot: Lot) -> set[str]:
    """Return the providers whose merchants take money in this lot."""
    return {
        merchant.provider
        for merchant in settings.MERCHANTS
        if not merchant.former and (merchant.lots is None or lot.slug in merchant.lots)
    }


def _unlisted(lot: Lot) -> list[str]:
    """Return which outside channels and services a lot uses, but names no recipient for them."""
    named = _named(lot)
    channels = Reporter.objects.filter(device__lot=lot).values_list("channel", flat=True).distinct()
    missing = [
        REPORTED[name] for name in sorted(channels) if name in REPORTED and REPORTED[name] not in named
    ]
    services = {Recipient.Kind.INVOICE: settings.INVOICE_ISSUER_URL, Recipient.Kind.SMS: settings.SMS_URL}
    unnamed = [kind for kind, url in services.items() if url and kind not in named]
    return [
        *(f"{lot.name}：有{kind.label}上报缴费，但未登记接收方" for kind in missing),
        *(f"{lot.name}：已接入{kind.label}，但未登记接收方" for kind in unnamed),
    ]


def _named(lot: Lot) -> set[str]:
    return set(lot.recipients.filter(ended_on=None).values_list("kind", flat=True))


def _kinds(*, members: bool = False) -> list[dict[str, str]]:
    """Return what the notice names, of drivers or of members, on what ground and for how long."""
    return [
        {
            "name": str(kind.label),
            "what": str(kind.notice.what),
            "personal": str(kind.personal.label),
            "ground": str(kind.ground),
            "retention": str(kind.retention),
        }
        for kind in inventory.kinds()
        if kind.notice is not None and bool(kind.topic) is members
    ]


def _members(lot: Lot, at: datetime) -> dict[str, str]:
    remarks = [remark.line() for remark in hooks.remarks_of(lot, at=at)]
    return {"lot": lot.name, "benefits": "；".join(remarks) or "尚无会员权益"}


def _figures(lots: Sequence[Lot], since: datetime, at: datetime) -> dict[str, str]:
    asked = DataRequest.objects.filter(lot__in=lots, asked_at__gte=since)
    late = asked.filter(state="open", due_on__lt=localtime(at).date()).count()
    held = ParkingSession.objects.filter(lot__in=lots, plate__isnull=False).count()
    return {
        "sessions": str(ParkingSession.objects.filter(lot__in=lots, entered_at__gte=since).count()),
        "held": str(held),
        "erasures": str(Erasure.objects.filter(lot__in=lots, at__gte=since).count()),
        "requests": str(asked.count()),
        "late": str(late),
        "looks": str(PlateAccess.objects.filter(lot__in=lots, at__gte=since).count()),
    }


def _evidence(lots: Sequence[Lot]) -> dict[str, str]:
    last = AuditDigest.objects.order_by("until").last()
    counts = NoticeVersion.objects.filter(lot__in=lots).aggregate(n=Count("pk"))
    return {
        "chain": f"至 {localtime(last.until):%Y-%m-%d}，校验值 {last.digest[:16]}…" if last else "尚未封存",
        "notices": str(counts["n"]),
        "declaration": "已发布" if settings.DECLARATION_KEY else "未发布（未设 DECLARATION_KEY）",
        "schedule": f"每 {settings.SELFCHECK_HOURS} 小时" if settings.SELFCHECK_HOURS else "未设定期自查",
        "mfa": "必须" if settings.CONSOLE_MFA == "required" else "可选（未强制）",
        "members": "1" if settings.MEMBERS else "",
        "backups": "已设" if settings.BACKUP_PATH else "未设",
    }


def _hops(lots: Sequence[Lot], *, probe: bool) -> list[dict[str, str]]:
    """Return each hop on which personal data may travel, and whether it is encrypted there."""
    rows = [
        _hop("车主手机 → 缴费页面", settings.PUBLIC_URL, probe=probe),
        _hop("摄像机、道闸设备 → 设备接口", settings.DEVICE_URL or settings.PUBLIC_URL, probe=probe),
        _hop("工作人员 → 运营后台", settings.CONSOLE_URL or settings.PUBLIC_URL, probe=probe),
    ]
    for link in ParkingSystemLink.objects.filter(lot__in=lots).select_related("lot"):
        row = _hop(f"本系统 → {link.lot.name}的停车系统", link.base_url, probe=False)
        if link.weak_link_accepted_at:
            row["note"] += f"；运营方于 {localtime(link.weak_link_accepted_at):%Y-%m-%d} 确认接受弱连接"
        rows.append(row)
    if any(_channels(lot) for lot in lots):
        rows.append(_hop("本系统 → 支付渠道", settings.SANDBOX_URL or "https://", probe=False))
    for name, url in (("开票服务", settings.INVOICE_ISSUER_URL), ("短信服务", settings.SMS_URL)):
        if url:
            rows.append(_hop(f"本系统 → {name}", url, probe=False))
    return [*rows, _database_hop()]


def _hop(name: str, url: str, *, probe: bool) -> dict[str, str]:
    parts = urlsplit(url)
    is_https = parts.scheme == "https"
    note = ""
    if is_https and parts.hostname:
        note = tls_of(parts.hostname, parts.port or 443) if probe else "未实测"
    return {
        "name": name,
        "address": parts.netloc,
        "state": "加密（TLS）" if is_https else "未加密",
        "bad": "" if is_https else "1",
        "note": note,
    }


def _database_hop() -> dict[str, str]:
    database = settings.DATABASES["default"]
    host = str(database.get("HOST", ""))
    mode = str(database.get("OPTIONS", {}).get("sslmode", ""))
    is_local = not host or host.startswith("/") or host in {"localhost", "127.0.0.1", "::1"}
    is_encrypted = mode in {"require", "verify-ca", "verify-full"}
    state = "本机，不经网络" if is_local else "加密（TLS）" if is_encrypted else "未要求加密"
    return {
        "name": "本系统 → 数据库",
        "address": "本机" if is_local else host,
        "state": state,
        "bad": "" if is_local or is_encrypted else "1",
        "note": "号牌另以 AES-GCM 加密保存",
    }


def tls_of(host: str, port: int) -> str:
    """Return protocol, cipher and last day of the certificate of a host, or why there is no connection."""
    try:
        state = reach("own address", host, port, is_tls=True)
    except Unreached as error:
        return f"实测失败：{FAILED[error.reason]}"
    assert state is not None
    return f"{state.version}，{state.cipher}，证书至 {state.ends}"
