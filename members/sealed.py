"""The members' sealed columns, to be sealed anew under the newest key with all others."""

from core.sealed_columns import Sealed, also_sealed
from members.models import BoundPlate, Member, Outgoing, SmsCode
from members.sms import CONTEXT

also_sealed(
    Sealed(Member, "phone", lambda row: f"member phone {row.operator_id}"),
    Sealed(Member, "name", lambda row: f"member name {row.operator_id}"),
    Sealed(BoundPlate, "held", lambda row: f"member plate {row.operator_id}"),
    Sealed(SmsCode, "phone", lambda row: f"member phone {row.lot.operator_id}"),
    Sealed(Outgoing, "message", lambda _: CONTEXT),
)
