"""What staff did about members, in the audit log. Passes are there already, as access rights.

A bound plate goes with its member and a screen with its next address: both are listed while they are there.
"""

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.audit_sources import Source, Told, Words, add_source
from members.models import Benefit, BoundPlate, LaneDisplay


def _benefit(row: Benefit) -> str:
    from members.console.page import said  # a worker needs no page

    return str(said(row))


def _plate(row: BoundPlate) -> Told:
    return Told(_("Plate linked (member %(member)s)") % {"member": row.member_id})


add_source(
    Source(
        "member_benefit",
        Benefit,
        "started_at",
        "started_by",
        "lot",
        "lot_id kind value points asks_plate asks_name started_at started_by_id",
    ),
    Words(gettext_lazy("Member benefit started"), lambda row: Told(_benefit(row))),
)
add_source(
    Source(
        "member_benefit_end",
        Benefit,
        "ended_at",
        "ended_by",
        "lot",
        "lot_id kind value points ended_at ended_by_id",
    ),
    Words(gettext_lazy("Member benefit ended"), lambda row: Told(_benefit(row))),
)
add_source(
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
)
add_source(
    Source("member_screen", LaneDisplay, "made_at", "made_by", "lane__lot", sealed="", related="lane"),
    Words(gettext_lazy("Member exit screen"), lambda row: Told(row.lane.name)),
)
