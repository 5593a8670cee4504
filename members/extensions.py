"""What members add to the other apps: all of it is here (`core.hooks.Hooks`), and nothing else does.

- SEALED_COLUMNS: columns to be sealed again when the key changes (`compliance.rekeying`)
- AUDIT_SOURCES: what staff did about members. Passes are in the audit log already, as permits.
- price_board_remark: the line on a lot's price board, and members' rows in its privacy notice
- patrol_rows: the member signs in the patrol list

Besides, the worker loads the jobs (`members.member_jobs`), data is declared in `PRIVACY` (`members.models`),
and `config.urls` includes the pages.
"""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.audit_sources import EntryWords, Source, Words
from core.sealed_columns import SealedColumn
from lots.models import Lot
from members import member_prices_board, member_signs
from members.models import Benefit, BoundPlate, LaneDisplay, Member, Outgoing, SmsCode
from members.sms import CONTEXT

__all__ = ["AUDIT_SOURCES", "SEALED_COLUMNS", "patrol_rows", "price_board_remark"]

SEALED_COLUMNS = (
    SealedColumn(Member, "phone", lambda row: f"member phone {row.operator_id}"),
    SealedColumn(Member, "name", lambda row: f"member name {row.operator_id}"),
    SealedColumn(BoundPlate, "held", lambda row: f"member plate {row.operator_id}"),
    SealedColumn(SmsCode, "phone", lambda row: f"member phone {row.lot.operator_id}"),
    SealedColumn(Outgoing, "message", lambda _: CONTEXT),
)


def price_board_remark(lot: Lot, at: datetime) -> member_prices_board.MemberBenefits | None:
    return member_prices_board.remark_of(lot, at)


def patrol_rows(lot: Lot) -> list[dict[str, str]]:
    return member_signs.patrol_rows(lot)


def _benefit(row: Benefit) -> EntryWords:
    from members.console.page import benefit_text  # a worker needs no page

    return EntryWords(str(benefit_text(row)))


def _plate(row: BoundPlate) -> EntryWords:
    return EntryWords(_("Plate linked (member %(member)s)") % {"member": row.member_id})


# A bound plate is deleted with its member, and a screen with its next address: both are listed as long as
# they exist, and not sealed.
AUDIT_SOURCES = (
    (
        Source(
            "member_benefit",
            Benefit,
            "started_at",
            "started_by",
            "lot",
            "lot_id kind value points asks_plate asks_name started_at started_by_id",
        ),
        Words(gettext_lazy("Member benefit started"), _benefit),
    ),
    (
        Source(
            "member_benefit_end",
            Benefit,
            "ended_at",
            "ended_by",
            "lot",
            "lot_id kind value points ended_at ended_by_id",
        ),
        Words(gettext_lazy("Member benefit ended"), _benefit),
    ),
    (
        Source(
            "member_plate",
            BoundPlate,
            "bound_at",
            "bound_by",
            lot="",
            sealed="",
            operator="operator",
            counts=Q(bound_by__isnull=False),
        ),
        Words(gettext_lazy("Member plate linked"), _plate),
    ),
    (
        Source("member_screen", LaneDisplay, "made_at", "made_by", "lane__lot", sealed="", related="lane"),
        Words(gettext_lazy("Member exit screen"), lambda row: EntryWords(row.lane.name)),
    ),
)
