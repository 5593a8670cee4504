"""Each role in a sentence, and a readable table of its permissions."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from staff.models import Role
from staff.permissions import MAY, STRONG

SENTENCES: dict[str, Promise] = {
    Role.OWNER: _("Answers for the lot: may do everything, invites people, signs tariffs."),
    Role.FINANCE: _(
        "Answers for the money: refunds, differences, daily closing, invoices, prices and reports."
    ),
    Role.DUTY: _(
        "Runs the lot: releases cars, corrects stays, waives fees, looks after permits, signs and alarms."
    ),
    Role.BOOTH: _("Works at the barrier: opens it, takes cash, corrects plates. Sees no totals."),
    Role.TECHNICIAN: _("Looks after cameras, barriers and signs. Sees neither stays nor money."),
    Role.AUDITOR: _("Reads everything and changes nothing."),
    Role.REGULATOR: _("An inspector: sees the compliance pages alone."),
    Role.SHOP: _("Works in a shop: hands out its coupons and sees nothing else."),
}
TASKS: list[tuple[Promise, str]] = [  # in words, and the action that stands for it
    (_("See stays and cars inside"), "stays.see"),
    (_("Open barriers, correct and end stays"), "stays.act"),
    (_("See whole plates and pictures (each look is logged)"), "plates.unmask"),
    (_("Take cash"), "cash.take"),
    (_("Waive fees"), "fees.waive"),
    (_("Refund (above the limit: ask for it)"), "refunds.ask"),
    (_("Approve refunds, clear differences"), "refunds.approve"),
    (_("Close a day"), "days.close"),
    (_("See payments"), "money.see"),
    (_("See reports"), "reports.see"),
    (_("Issue invoices"), "invoices.handle"),
    (_("Add and extend permits"), "rights.edit"),
    (_("Set up shops and coupons"), "shops.edit"),
    (_("Hand out coupons"), "coupons.issue"),
    (_("Change prices"), "tariffs.edit"),
    (_("Put prices into force"), "tariffs.sign"),
    (_("Enrol and rotate devices"), "devices.edit"),
    (_("Print and revoke signs"), "signs.edit"),
    (_("Silence alarms"), "health.silence"),
    (_("See the compliance documents"), "compliance.see"),
    (_("Read the audit log"), "audit.see"),
    (_("Change the lot's settings"), "lots.edit"),
    (_("Invite people, change roles"), "people.edit"),
]


@dataclass(frozen=True)
class Task:
    label: Promise
    allowed: list[bool]  # in the order of `Role`
    is_strong: bool  # needs two-step verification where the site asks for it

    def roles(self) -> list[tuple[str | Promise, bool]]:
        """Return each role with whether it may do the task."""
        return [(role.label, allowed) for role, allowed in zip(Role, self.allowed, strict=True)]


def matrix() -> list[Task]:
    """Return the tasks with who may do them, from the table that decides (staff.permissions)."""
    return [Task(label, [role in MAY[action] for role in Role], action in STRONG) for label, action in TASKS]


def sentences() -> list[tuple[str | Promise, Promise]]:
    return [(role.label, SENTENCES[role]) for role in Role]
