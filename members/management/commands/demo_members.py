"""Let one demo lot have members, and print the address of its member code. Demo only."""

from typing import Any

from django.utils.timezone import now

from core.management.demo_command import DemoCommand
from lots.models import Lot
from members import benefits, member_signs
from members.asked import BenefitKind
from members.models import MemberSign

SLUG = "pujiang-plaza"


class Command(DemoCommand):
    help = "Give the demo's mall a member code; a second run changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        lot, at = Lot.objects.get(slug=SLUG), now()
        if not lot.member_benefits.filter(ended_at=None).exists():
            benefits.start(lot=lot, kind=BenefitKind.MINUTES, value=60, optional=["plate"], at=at)
            benefits.start(lot=lot, kind=BenefitKind.POINTS, value=500, points=50, at=at)
        sign = MemberSign.objects.filter(lot=lot, revoked_at=None).order_by("number").first()
        sign = sign or member_signs.new_sign(lot=lot, place="服务台")
        self.stdout.write(f"{lot.name} 会员码\t{member_signs.sign_address(sign)}")
