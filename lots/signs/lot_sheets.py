"""Faces of a lot's signs: what the database says, handed to the drawing as plain values."""

from datetime import datetime

from lots.models import Lot, Sign, SignWording
from lots.sign_qr import sign_address
from lots.signs import sign_wording
from lots.signs.print_formats import PrintFormat
from lots.signs.sign_faces import Face, Ground, Hanging, pure_face
from lots.signs.sign_wording import City, Wording


def words_of(lot: Lot) -> tuple[City, Wording]:
    """Return the rule and the words in force for a lot; without a choice, those of its province."""
    row = SignWording.objects.filter(lot=lot).order_by("-pk").first()
    if row is None:
        city = sign_wording.BY_PROVINCE.get(lot.province, City.GENERAL)
        return city, sign_wording.PRESETS[city]
    return City(row.city), sign_wording.edited(City(row.city), row.texts)


def ground(lot: Lot) -> Ground:
    """Return what all signs of a lot share."""
    city, words = words_of(lot)
    look = SignWording.objects.filter(lot=lot).order_by("-pk").first()
    return Ground(
        lot=lot.name,
        payee=lot.operator.legal_name,
        service=lot.operator.service_phone,
        cash=lot.operator.cash_information,
        complaint=lot.operator.complaint_phones,
        retention_hours=lot.retention_hours,
        city=city,
        wording=words,
        province=lot.province,
        colour=look.colour if look else "",
        logo=bytes(look.logo) if look and look.logo else b"",
    )


def hanging(sign: Sign, form: PrintFormat, distance: float | None, at: datetime) -> Hanging:
    """Return one sign as it will hang, printed `at`, for a reading distance in metres."""
    return Hanging(
        number=str(sign.number),
        place=sign.place,
        form=form,
        distance=distance,
        printed=at.astimezone(sign.lot.tz).date().isoformat(),
        lane=sign.lane.name if sign.lane else "",
        direction=sign.lane.direction if sign.lane else "",
    )


def face(shared: Ground, sign: Sign, form: PrintFormat, distance: float | None, at: datetime) -> Face:
    """Return the face of one sign."""
    return pure_face(shared, hanging(sign, form, distance, at), sign_address(sign))
