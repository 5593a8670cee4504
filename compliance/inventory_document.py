"""docs/data.md, made from the inventory, for inspectors and journalists."""

from collections.abc import Iterable, Iterator

from django.utils import translation

from compliance.inventory import Tables, all_tables, is_of_members, kinds_of
from compliance.recipient_list import LABELS, RECEIVES
from core.privacy import DataKind, Stored
from lots.models import Recipient

INTRODUCTION = """\
# What is stored, why, and how long

Written by `MEMBERS=1 manage.py data_inventory --write docs/data.md` from the declarations beside the models'
fields (`PRIVACY`, `core/privacy.py`); a test fails for a field without one. Do not edit it by hand.

We do not say "no data at all". The licence plate is personal information. It is used only to find the fee
of a stay, it is stored encrypted, and it is erased on the lot's clock, 24 hours after the car left unless
the operator sets another time. A driver's phone number, account, openid, bank or address has no column here.
Drivers who ask for an invoice after paying give a title, a tax number and, if they like, an e-mail address:
stored encrypted, used for nothing else, deleted soon after.

Not in any table, and so not below: the driver's network address and, inside WeChat, the openid. They pass
through memory for one request or one call to the payment channel and are then gone. Failed searches for a
plate are counted for each network, as a keyed hash (`lots.LookupCount`). Attempts at receipt and coupon
codes are counted in memory only, under a random key that is discarded every ten minutes. Logs identify no
person.

The tables `members.*` exist only where the operator has switched members on (`MEMBERS=1`,
[members.md](members.md)). They hold data of people who asked to become members, and of no one else.
"""
SUMMARY = """\
## 给车主的说明

- **用什么：** 只用车牌，只为查本次停车费。不要手机号，不用登录、关注，不取定位。
- **存多久：** 车牌加密保存，车辆离场后 24 小时清除。各停车场可另设时限，以该场隐私说明为准。
- **照片：** 默认不存，收到即弃。停车场为核对误识别而保存的，同样加密，与车牌同时清除，并写入该场隐私说明。
- **给谁：** 只给该场隐私说明列名的接收方（如商场原有停车系统），未列名的不提供。支付渠道只收到订单号和金额。
- **发票：** 缴费后自愿申请。抬头、税号、邮箱加密保存，只交开票和送达所需，开具后限期删除。
- **只经过、不保存：** 微信支付下单所需的 openid 或 IP，仅当次转交。
- **留下什么：** 停车时段、金额、订单号和缴费凭证码作为账目，按会计规定保存，不含车牌。
- **您的权利：** 凭缴费凭证码可在网页上查询、申请更正、清除车牌，不用注册，不用出示身份证。
- **例外：** 离场未被识别的车辆视为仍在场，车牌保留至车辆再次被识别，或工作人员核实离场后满上述时限。
- **停车证、免费名单：** 车牌在有效期内加密保存，到期或取消后满上述时限清除；期间的停车账目照旧不含车牌。
- **会员：** 仅限自愿加入的会员：手机号，及自愿填写的车牌、发票抬头，加密保存；随时可退出、删除。缴费不需要。
- **欠费：** 未缴清离场的，另存由车牌和密钥算出的索引，仅供再来本场时补缴；缴清即清除，最长 30 天（可另设）。
"""


RECIPIENTS = """\
Each lot's own list, with names and contacts, stands in its privacy notice, in the signed declaration and in
the inspection paper. Only where it is empty does the notice say that nobody else receives anything.
"""
MEMBERS_HEADING = "## Only with members"


def data_page() -> str:
    """Return the whole of docs/data.md. Members' tables come last, and only if installed."""
    with translation.override("en"):
        found = all_tables()
        ours = {label: entries for label, entries in found.items() if not is_of_members(label)}
        members = {label: entries for label, entries in found.items() if is_of_members(label)}
        begin = f"{INTRODUCTION}\n{SUMMARY}\n{_recipients()}"
        page = f"{begin}\n{_kinds(kinds_of(ours))}\n## Every field\n\n{_tables(ours)}"
        if members:
            kinds = [kind for kind in kinds_of(found) if kind.topic]
            page += f"\n{MEMBERS_HEADING}\n\n{_kind_table(kinds)}\n{_tables(members)}"
    return page


def _recipients() -> str:
    head = ("Kind", "Receives", "Why", "Works for the operator")
    rows = (
        (str(LABELS[kind]), str(data), str(why), "yes" if kind in Recipient.ENTRUSTED else "no")
        for kind, (data, why) in RECEIVES.items()
    )
    return "\n".join(("## Recipients that a lot may name\n", RECIPIENTS, *_rows(head, rows), ""))


def _kinds(kinds: Iterable[DataKind]) -> str:
    return "\n".join(
        (
            "## Kinds of data\n",
            "*Indirectly* personal: the value identifies a person only together with the plate, while that",
            "is stored, or with the payment channel's books.\n",
            _kind_table(kinds),
        )
    )


def _kind_table(kinds: Iterable[DataKind]) -> str:
    head = ("Kind", "Personal", "Legal ground", "Recipients", "Retention")
    return "\n".join((*_rows(head, map(_kind, kinds)), ""))


def _kind(kind: DataKind) -> tuple[str, ...]:
    texts = kind.ground, kind.recipients, kind.retention
    return f"**{kind.name}**", kind.personal.value, *map(str, texts)


def _tables(tables: Tables) -> str:
    return "\n".join(_table(model, entries) for model, entries in tables.items())


def _table(model: str, entries: Iterable[Stored]) -> str:
    rows = (
        (
            " ".join(f"`{field}`" for field in entry.fields),
            str(entry.purpose),
            entry.kind.name,
            entry.kind.personal,
        )
        for entry in entries
    )
    return "\n".join((f"### {model}\n", *_rows(("Fields", "Purpose", "Kind", "Personal"), rows), ""))


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
