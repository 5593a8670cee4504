"""Keys of the members' own, derived from the installation's: nothing here can be joined with a stay.

Phones and plates are found again by blind indexes per operator, which is the group of lots that a membership
counts in. The lots' own index of a plate (`core.vault`) is made under another key and per lot.
"""

import hmac

from django.conf import settings

from core.vault import seal, unseal
from lots.plates import Plate, parse


def derived(purpose: str) -> bytes:
    """Return the key for one purpose. No message of `core.vault` or `core.codes` begins like this."""
    root = settings.CODE_KEY if purpose == "sign" else settings.PLATE_INDEX_KEY
    return hmac.digest(root, f"members: {purpose}".encode(), "sha256")


def _index(purpose: str, owner_id: int, text: str) -> bytes:
    return hmac.digest(derived(purpose), f"{owner_id}|{text}".encode(), "sha256")[:16]


def phone_digest(operator_id: int, phone: str) -> bytes:
    return _index("phone", operator_id, phone)


def plate_digest(operator_id: int, plate: Plate) -> bytes:
    return _index("plate", operator_id, plate.text)


def token_digest(token: str) -> bytes:
    """Return the 16 bytes that find a session, an attempt or a display; the token is stored nowhere."""
    return hmac.digest(derived("token"), token.encode(), "sha256")[:16]


def attempt_digest(token: str, changes: int | None) -> bytes:
    """Return the 16 bytes that find an attempt with a code again: one to change a member's number only
    together with that member, so that the code is good in their own session alone."""
    return token_digest(token) if changes is None else _index("change", changes, token)


def sms_digest(attempt: bytes, code: str) -> bytes:
    """Return the digest that is stored of a code: bound to its attempt, useless without the key."""
    return hmac.digest(derived("sms"), attempt + code.encode(), "sha256")


def receipt_digest(lot_id: int, code: str) -> bytes:
    return _index("receipt", lot_id, code)


def request_key(*parts: object) -> str:
    """Return the key of a coupon's issue (48 characters at most): the same parts are the same coupon, and it
    does not show which member that was."""
    text = "|".join(map(str, parts))
    return "m" + hmac.digest(derived("coupon"), text.encode(), "sha256").hex()[:40]


def press_token(session: str) -> str:
    """Return the token that forms of one signed-in browser carry, so that no other site can send them."""
    return hmac.digest(derived("form"), session.encode(), "sha256").hex()[:32]


def seal_phone(operator_id: int, phone: str) -> bytes:
    return seal(phone, f"member phone {operator_id}")


def unseal_phone(operator_id: int, value: bytes | memoryview) -> str:
    return unseal(value, f"member phone {operator_id}")


def seal_name(operator_id: int, name: str) -> bytes:
    return seal(name, f"member name {operator_id}")


def unseal_name(operator_id: int, value: bytes | memoryview) -> str:
    return unseal(value, f"member name {operator_id}")


def seal_plate(operator_id: int, plate: Plate) -> bytes:
    return seal(f"{plate.kind}|{plate.text}", f"member plate {operator_id}")


def unseal_plate(operator_id: int, value: bytes | memoryview) -> Plate:
    kind, _, text = unseal(value, f"member plate {operator_id}").partition("|")
    return parse(text, overseas=kind == "overseas")
