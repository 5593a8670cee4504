"""The link of a lot to the parking system of another vendor: open it, store it, find our row of a session."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import hot_sql
from core.errors import ParkingError
from core.vault import Unreadable, seal, unseal
from lots.models import Lane, Lot, ParkingSession, ParkingSystemLink, SystemNotice, SystemSession
from lots.session_names import plate_part
from lots.setup.change_recorder import ChangedBy, ChangeKind, Thing, record
from lots.systems.answer_reading import UNSTORABLE
from lots.systems.link_faults import lane_faults, link_faults
from lots.systems.own_certificate import LONGEST as LONGEST_CERTIFICATE
from lots.systems.own_certificate import plain_certificates
from lots.systems.parking_system import Charge
from lots.systems.remote import Link
from lots.systems.vendor_fields import FIELDS, VendorFields

LONGEST = {
    "base_url": 200,
    "lot_code": 64,
    "recipient_name": 120,
    "recipient_contact": 200,
    "support_phone": 40,
    "own_certificate": LONGEST_CERTIFICATE,
}
LONGEST_KEY = 4000
TEXTS = ("base_url", "lot_code", "recipient_name", "recipient_contact")
WHOM = ("role", "form")  # options that choose between two programs of one vendor
USUAL_PORTS = {"http": 80, "https": 443}


class BadLink(ParkingError):
    """What was given for a link is not complete or not right. The message names the field, never a secret."""

    code = "bad_link"


def context_of(lot_id: int) -> str:
    """Return what a lot's secrets are bound to, so that they open in no other row."""
    return f"parking system {lot_id}"


def seal_secrets(lot_id: int, secrets: Mapping[str, str]) -> bytes:
    return seal(json.dumps(dict(secrets), ensure_ascii=False), context_of(lot_id))


def digest_of(system: str, *, base_url: str, lot_code: str, options: Mapping[str, str]) -> str:
    """Return the digest that identifies one lot of one system, whose numbers of stays and bills these are.

    Encryption, keys and lanes are no part of it: a link that becomes encrypted still reaches the same lot.
    """
    address = urlsplit(base_url)
    port = address.port or USUAL_PORTS.get(address.scheme, 0)
    is_usual = port == USUAL_PORTS.get(address.scheme)
    server = f"{address.hostname}{'' if is_usual else f':{port}'}{address.path.rstrip('/')}"
    named = [system, server, lot_code, *(options.get(name) or "" for name in WHOM)]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]


def digest_of_row(system: str, row: ParkingSystemLink) -> str:
    """Return the digest of a link: the one from before its address was corrected, or that of what it says."""
    return row.known_as or _own_digest(system, row)


def _own_digest(system: str, row: ParkingSystemLink) -> str:
    return digest_of(system, base_url=row.base_url, lot_code=row.lot_code, options=row.options)


def _identity(
    lot: Lot,
    former: ParkingSystemLink | None,
    given: Mapping[str, Any],
    secrets: Mapping[str, str],
    at: datetime,
) -> dict[str, Any]:
    """Return the fields of a changed link that say whether it still reaches the same lot of the same system.

    The same vendor, number of the lot and keys are the same system, wherever it is reached now. With other
    keys, a typing error cannot be distinguished from another site, whose lots may have the same numbers.
    """
    if former is None:
        return {"known_as": "", "address_changed_at": None}
    system = given["system"]
    named = digest_of(system, base_url=given["base_url"], lot_code=given["lot_code"], options=given)
    if (lot.system, named) == (system, _own_digest(system, former)):
        return {}
    there = digest_of(system, base_url=former.base_url, lot_code=given["lot_code"], options=given)
    is_same = (lot.system, there) == (system, _own_digest(system, former))
    is_same = is_same and _secrets_of(former) == secrets
    return {"known_as": digest_of_row(system, former) if is_same else "", "address_changed_at": at}


def _secrets_of(row: ParkingSystemLink) -> Any:
    """Return the keys of a link; None where they cannot be opened."""
    try:
        return json.loads(unseal(row.secrets, context_of(row.lot_id)))
    except (Unreadable, ValueError):
        return None


def link_of(lot: Lot) -> Link | None:
    """Return how to reach the lot's parking system; None where nothing is set up or its key is gone.

    Nor where the link was changed after `lot` was read: the answer would be that of another lot.
    """
    row = hot_sql.one(ParkingSystemLink, "lot_id = %s", [lot.pk])
    if row is None or digest_of_row(lot.system, row) != lot.system_digest:
        return None
    if (secrets := _secrets_of(row)) is None:
        return None
    return Link(
        base_url=row.base_url,
        lot_code=row.lot_code,
        zone=lot.tz,
        options=row.options,
        secrets=secrets,
        lanes={int(lane): str(code) for lane, code in row.lanes.items()},
        is_weak_accepted=row.weak_link_accepted_at is not None,
        own_certificate=row.own_certificate,
    )


@transaction.atomic
def save_link(
    lot: Lot, given: Mapping[str, Any], *, accepts_weak: bool, at: datetime, by: Any = None
) -> ParkingSystemLink:
    """Put a lot in front of another vendor's system; what it had before is replaced. Raises `BadLink`.

    `given` has `system`, the TEXTS, perhaps `support_phone`, `own_certificate` and `lanes` (name of our lane
    → the vendor's number), and the vendor's own fields (`FIELDS`). A lot in use that takes payments keeps its
    system: another one would answer for cars that are inside.
    """
    given = _checked(given)
    system, fields = given["system"], FIELDS[given["system"]]
    Lot.objects.select_for_update(of=("self",), no_key=True).get(pk=lot.pk)  # of two presses one waits
    lot.refresh_from_db(fields=["system", "system_digest", "closed_at"])
    if lot.closed_at is None and lot.system != system and _is_in_use(lot):
        raise BadLink(str(_("Suspend payments first: another system would answer for cars that are inside.")))
    _check_other_lots(lot, given)
    secrets = {name: given[name] for name in fields.secrets if given.get(name)}
    values = {
        **{name: given[name] for name in TEXTS},
        "support_phone": given.get("support_phone", ""),
        "own_certificate": plain_certificates(given.get("own_certificate", "")),
        "options": {name: given[name] for name in fields.options if given.get(name)},
        "lanes": _lanes(lot, given.get("lanes", {})),
    }
    former = ParkingSystemLink.objects.filter(lot=lot).first()
    if former and lot.system == system and _is_as_given(former, values, secrets, accepts_weak):
        return former  # pressed twice
    before = {"system": lot.system, **_where(former)}
    row, _created = ParkingSystemLink.objects.update_or_create(
        lot=lot,
        defaults={
            **_identity(lot, former, given, secrets, at),
            **values,
            "secrets": seal_secrets(lot.pk, secrets),
            "weak_link_accepted_at": at if accepts_weak else None,
            "weak_link_accepted_by": by if accepts_weak else None,
            "checked_at": None,
            "failing_since": None,
            "fault": "",
        },
    )
    _answer_from(lot, system, digest_of_row(system, row))
    after = {"system": lot.system, "weak_link": accepts_weak, **_where(row)}
    record(lot, Thing.LOT, ChangeKind.CHANGED, by=ChangedBy(by), at=at, before=before, after=after)
    return row


def _checked(given: Any) -> dict[str, Any]:
    """Return what was given without spaces around it, if it can be a link. Raises `BadLink`."""
    if not isinstance(given, Mapping) or given.get("system") not in list(FIELDS):
        raise BadLink(f"system: one of {', '.join(sorted(FIELDS))}")
    found = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
    _check_names(found, FIELDS[found["system"]])
    for name, why in link_faults(found):
        raise BadLink(f"{name}: {why}")
    return found


def _is_as_given(
    row: ParkingSystemLink, values: Mapping[str, Any], secrets: Mapping[str, Any], accepts_weak: bool
) -> bool:
    """Return whether a link has these values, secrets and consent already."""
    same = all(getattr(row, name) == value for name, value in values.items())
    accepted = row.weak_link_accepted_at is not None
    return same and accepted == accepts_weak and _secrets_of(row) == secrets


@transaction.atomic
def use_own_system(lot: Lot, *, at: datetime, by: Any = None) -> bool:
    """Have our own system answer for this lot again; False where it does already. The secrets are deleted."""
    if lot.system == Lot.System.BUILTIN:
        return False
    links = ParkingSystemLink.objects.filter(lot=lot)
    before = {"system": lot.system, **_where(links.first())}
    links.delete()
    _answer_from(lot, Lot.System.BUILTIN, "")
    after = {"system": lot.system}
    record(lot, Thing.LOT, ChangeKind.CHANGED, by=ChangedBy(by), at=at, before=before, after=after)
    return True


def _where(row: ParkingSystemLink | None) -> dict[str, str]:
    """Return what staff need to find the former lot at its vendor, for the record of changes."""
    return {"base_url": row.base_url, "lot_code": row.lot_code} if row else {}


def _answer_from(lot: Lot, system: str, digest: str) -> None:
    """Record who answers for the lot. What another one reported of its stays counts for none of these."""
    if lot.system_digest != digest:
        reported = [SystemNotice.Kind.PAID, SystemNotice.Kind.LEFT]
        SystemNotice.objects.filter(lot=lot, kind__in=reported).delete()
    lot.system, lot.system_digest = system, digest
    Lot.objects.filter(pk=lot.pk).update(system=system, system_digest=digest)


def _check_other_lots(lot: Lot, given: Mapping[str, Any]) -> None:
    """Refuse the vendor's lot of another lot here that takes payments: two phones could pay one stay, by the
    codes of both, and each night's list would have payments of the other."""
    named = digest_of(given["system"], base_url=given["base_url"], lot_code=given["lot_code"], options=given)
    others = Lot.objects.filter(operator=lot.operator_id, system=given["system"], closed_at=None)
    for other in others.exclude(pk=lot.pk).select_related("system_link"):
        row = getattr(other, "system_link", None)
        if row is not None and _own_digest(other.system, row) == named:
            raise BadLink(
                str(_("The vendor's lot is that of %(lot)s. Each lot needs its own number."))
                % {"lot": other.name}
            )


def _is_in_use(lot: Lot) -> bool:
    return lot.system != Lot.System.BUILTIN or ParkingSession.objects.filter(lot=lot).exists()


def kept_secrets(lot: Lot, system: str) -> dict[str, str]:
    """Return the secrets that are stored for this system of a lot: a form left empty keeps them."""
    link = link_of(lot) if lot.system == system else None
    return dict(link.secrets) if link else {}


def _check_names(given: Mapping[str, Any], fields: VendorFields) -> None:
    own = (*fields.secrets, *fields.options)
    for name in (*TEXTS, *(name for name in own if name not in fields.optional)):
        if not isinstance(given.get(name), str) or not given[name].strip():
            raise BadLink(f"{name}: is missing")
    unknown = set(given) - {"system", "support_phone", "own_certificate", "lanes", *TEXTS, *own}
    if unknown:
        raise BadLink(f"unknown: {', '.join(sorted(unknown))}")
    for name in (*own, *LONGEST):
        text = given.get(name, "")
        if not isinstance(text, str):
            raise BadLink(f"{name}: must be a text")
        if len(text) > LONGEST.get(name, LONGEST_KEY) or UNSTORABLE.search(text):
            raise BadLink(f"{name}: must be a text of at most {LONGEST.get(name, LONGEST_KEY)} characters")


def _lanes(lot: Lot, named: Any) -> dict[str, str]:
    if not isinstance(named, dict):
        raise BadLink("lanes: must be names of lanes with the vendor's numbers")
    if not all(isinstance(code, str) for code in named.values()):
        raise BadLink("lanes: each number must be a text")
    for lane, why in lane_faults(named):
        raise BadLink(f"lanes: {lane}: {why}")
    known = dict(Lane.objects.filter(lot=lot).values_list("name", "pk"))
    if unknown := set(named) - set(known):
        raise BadLink(f"lanes: not known here: {', '.join(sorted(unknown))}")
    return {str(known[name]): code for name, code in named.items()}


def is_of_other_system(session: ParkingSession) -> bool:
    """Return whether another system owns this session: what our tariffs say of it counts for nothing."""
    return SystemSession.objects.filter(session=session).exists()


def session_id_of(lot: Lot, charge: Charge) -> int:
    """Return the id of our row for the charge's session; make one for a stay of another system.

    It is called when a payment is started, never by a look-up. The row has no plate.
    """
    if lot.system == Lot.System.BUILTIN:
        return int(charge.session)
    return _row_of(lot, charge.session, charge.entered_at or charge.until)


def _row_of(lot: Lot, reference: str, entered_at: datetime) -> int:
    known = SystemSession.objects.called(lot, reference).values_list("session_id", flat=True)
    for _attempt in range(2):
        if (found := known.first()) is not None:
            return found
        try:
            with transaction.atomic():
                plate_name = plate_part(reference)
                if plate_name:  # another phone may have got another name: no constraint finds that
                    Lot.objects.select_for_update(of=("self",), no_key=True).get(pk=lot.pk)
                    if (found := known.first()) is not None:
                        return found
                session = ParkingSession.objects.create(lot=lot, plate_kind="", entered_at=entered_at)
                SystemSession.objects.create(
                    lot=lot,
                    system=lot.system,
                    system_digest=lot.system_digest,
                    reference=reference,
                    plate_name=plate_name or None,
                    session=session,
                )
                return session.pk
        except IntegrityError:  # another phone was faster
            continue
    raise AssertionError("unreachable")
