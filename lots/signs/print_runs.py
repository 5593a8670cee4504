"""Printing: draw everything, then record it in one transaction, then hand it out.

Nothing is recorded unless all of it could be drawn, and nothing is handed out that was not recorded. A run
has a key chosen by the caller, so that a second click gets the same signs and leaves no second record.
"""

import io
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from lots.models import Lot, PrintRun, Sign, SignEvent
from lots.signs import font_coverage, lot_sheets, patrol_list, print_plan, typesetting
from lots.signs.print_errors import CannotPrint, PlanFaults
from lots.signs.print_formats import FORMATS
from lots.signs.print_plan import ROW, PrintRow
from lots.signs.sign_faces import Face, Ground, Hanging, MemberFace, member_face

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class SignsChanged(CannotPrint):
    """A sign of this lot was registered or revoked meanwhile; nothing was printed."""

    code = "signs_changed"

    def __init__(self) -> None:
        super().__init__(
            _("A sign of this lot was just registered or revoked by another user. Reload and try again.")
        )


@dataclass(frozen=True)
class Drawn:
    """Signs that could be drawn, not recorded yet."""

    lot: Lot
    orders: Sequence[PrintRow]
    faces: Sequence[Face]
    at: datetime
    pdf: bytes

    @property
    def warnings(self) -> list[str]:
        """The codes that are too small for the distance that was asked for."""
        pairs = zip(self.orders, self.faces, strict=True)
        return [
            _("No. %(number)s: %(warning)s") % {"number": order.number, "warning": face.fit.warning}
            for order, face in pairs
            if face.fit.warning
        ]


def draw(lot: Lot, orders: Sequence[PrintRow], *, at: datetime) -> Drawn:
    """Draw all orders, or raise: `PlanFaults` names each row with a missing character or a text too long."""
    shared = lot_sheets.ground(lot)
    faults: list[str] = []
    faces = [face for order in orders if (face := _face(lot, shared, order, at, faults))]
    if not faults:
        try:
            return Drawn(lot, orders, faces, at, typesetting.press_pdf(faces, at=at))
        except CannotPrint:
            faults = [
                fault for order, face in zip(orders, faces, strict=True) if (fault := _too_long(order, face))
            ]
    raise PlanFaults(faults)


def earlier(key: uuid.UUID, *, lot: Lot) -> Drawn | None:
    """Return what this key printed already, drawn again, or None if it has not."""
    run = PrintRun.objects.filter(pk=key, lot=lot).first()
    if run is None:
        return None
    found = {sign.pk: sign for sign in lot.signs.select_related("lane")}
    for sign in found.values():
        sign.lot = lot
    return draw(lot, [_restored(order, found) for order in run.orders], at=run.at)


def record(drawn: Drawn, *, key: uuid.UUID, by: "User | None" = None, why: str = "") -> bool:
    """Record a run: new signs, who printed what and why. False if the key was recorded already.

    Raises `SignsChanged` where a number was taken or a sign revoked since the plan was read.
    """
    try:
        with transaction.atomic():
            if PrintRun.objects.filter(pk=key).exists():
                return False
            _record(drawn, key, by, why)
    except IntegrityError:
        if PrintRun.objects.filter(pk=key).exists():
            return False
        raise SignsChanged from None
    return True


def bundle(drawn: Drawn) -> dict[str, bytes]:
    """Return the files of a run: all signs, each alone, the proof sheet, the patrol's list."""
    from lots.signs import pdf_boxes  # with pypdf, which few processes need

    printed = drawn.at.astimezone(drawn.lot.tz).date().isoformat()
    head = {"lot": drawn.lot.name, "printed": printed, "foot": drawn.lot.operator.legal_name}
    rows = patrol_list.rows(drawn.lot, drawn.orders, printed=printed)
    singles = zip(drawn.orders, pdf_boxes.pages(drawn.pdf), strict=True)
    return {
        "signs.pdf": drawn.pdf,
        "proof.pdf": typesetting.proof_pdf(drawn.faces, {**head, "title": _("Proof sheet")}, at=drawn.at),
        "inventory.csv": patrol_list.as_csv(rows),
        **({"warnings.txt": "\n".join(drawn.warnings).encode()} if drawn.warnings else {}),
        "inventory.pdf": patrol_pdf(drawn.lot, rows, at=drawn.at),
        **{f"single/{file_stem(order, at)}.pdf": page for at, (order, page) in enumerate(singles, 1)},
    }


def patrol_pdf(lot: Lot, rows: Sequence[Mapping[str, str]], *, at: datetime) -> bytes:
    """Return the patrol's list to print and take along."""
    printed = at.astimezone(lot.tz).date().isoformat()
    foot = _(
        "Check each sign: number and place match; the code is undamaged; nothing is stuck over it; "
        "scanning opens the address printed on it."
    )
    head = {"lot": lot.name, "printed": printed, "foot": foot, "title": _("Patrol list")}
    return typesetting.inventory_pdf(rows, head, at=at)


def pictures(drawn: Drawn, kind: str) -> tuple[bytes, str]:
    """Return each sign as a picture (png or svg) and what the file is: one picture, or a ZIP of several."""
    make = typesetting.png if kind == "png" else typesetting.svg
    if len(drawn.faces) == 1:
        return make(drawn.faces[0]), kind
    names = [file_stem(order, at) for at, order in enumerate(drawn.orders, 1)]
    files = {f"{name}.{kind}": make(face) for name, face in zip(names, drawn.faces, strict=True)}
    return zipped(files, at=drawn.at), "zip"


def too_small(lot: Lot, orders: Sequence[PrintRow], *, at: datetime) -> list[str]:
    """Return which codes are too small for their distance, without drawing them; or raise `PlanFaults`."""
    shared = lot_sheets.ground(lot)
    faults: list[str] = []
    faces = [face for order in orders if (face := _face(lot, shared, order, at, faults))]
    if faults:
        raise PlanFaults(faults)
    return Drawn(lot, orders, faces, at, b"").warnings


def zipped(files: Mapping[str, bytes], *, at: datetime) -> bytes:
    """Return the files as one ZIP, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()


def file_stem(order: PrintRow, at: int) -> str:
    """Return a file name that every system takes, for example 012-a4 or member-03-a4."""
    number = f"{int(order.number):03}" if order.sign else f"member-{at:02}"
    return f"{number}-{order.form.name}"


def _face(lot: Lot, shared: Ground, order: PrintRow, at: datetime, faults: list[str]) -> Face | None:
    try:
        if order.sign:
            face = lot_sheets.face(shared, order.sign, order.form, order.distance, at)
        else:
            face = _member_face(shared, order, at.astimezone(lot.tz).date().isoformat())
        font_coverage.choose(face.texts())
    except CannotPrint as fault:
        faults.append(ROW % {"row": order.row, "reason": fault})
        return None
    return face


def _member_face(shared: Ground, order: PrintRow, printed: str) -> Face:
    assert order.member
    return member_face(
        shared, Hanging(order.number, order.place, order.form, order.distance, printed), order.member
    )


def _too_long(order: PrintRow, face: Face) -> str:
    try:
        typesetting.svg(face)
    except CannotPrint as fault:
        return ROW % {"row": order.row, "reason": fault}
    return ""


def _record(drawn: Drawn, key: uuid.UUID, by: "User | None", why: str) -> None:
    for order in drawn.orders:
        if order.sign and order.sign.pk is None:
            order.sign.save(force_insert=True)
    run = PrintRun.objects.create(
        pk=key, lot=drawn.lot, at=drawn.at, by=by, why=why, orders=[_kept(order) for order in drawn.orders]
    )
    for order in drawn.orders:
        if order.sign:
            _record_sign(order, order.sign, run)


def _record_sign(order: PrintRow, sign: Sign, run: PrintRun) -> None:
    again = sign.printed_at is not None
    if not Sign.objects.in_use().filter(pk=sign.pk).update(printed_at=run.at):
        raise SignsChanged
    sign.printed_at = run.at
    SignEvent.objects.create(
        sign=sign,
        kind=SignEvent.Kind.REPRINTED if again else SignEvent.Kind.PRINTED,
        run=run,
        at=run.at,
        by=run.by,
        why=order.why or run.why,
        format=order.form.name,
        distance_cm=round(order.distance * 100) if order.distance else None,
    )


def _kept(order: PrintRow) -> dict[str, Any]:
    return {
        "row": order.row,
        "sign": order.sign.pk if order.sign else None,
        "format": order.form.name,
        "distance": order.distance,
        "why": order.why,
        "number": order.number,
        "place": order.place,
        "member": asdict(order.member) if order.member else None,
    }


def _restored(stored: Mapping[str, Any], found: Mapping[int, Sign]) -> PrintRow:
    member = stored["member"]
    return print_plan.PrintRow(
        row=stored["row"],
        form=FORMATS[stored["format"]],
        distance=stored["distance"],
        why=stored["why"],
        sign=found[stored["sign"]] if stored["sign"] else None,
        member=MemberFace(**member) if member else None,
        number=stored["number"],
        place=stored["place"],
    )
