"""An entry ticket as a sealed text for an address, because a ticket finds the fee of its car."""

import base64
import binascii

from core.vault import Unreadable, seal, unseal
from lots.plates import Plate, PlateError, parse

CONTEXT = "ticket page"
LONGEST = 200  # characters


def seal_ticket(code: str, ticket: Plate) -> str:
    """Return the token of a ticket that was issued at the sign with this code."""
    return base64.urlsafe_b64encode(seal(f"{code} {ticket.text}", CONTEXT)).rstrip(b"=").decode()


def unseal_ticket(token: str) -> tuple[str, Plate]:
    """Return the sign's code and the ticket. Raises `Unreadable`, also when the key of the token is gone."""
    try:
        raw = base64.b64decode(token[:LONGEST] + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        code, text = unseal(raw, CONTEXT).split()
        return code, parse(text)
    except (binascii.Error, ValueError, IndexError, PlateError):
        raise Unreadable("not a ticket") from None
