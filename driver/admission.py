"""Whether a look-up is made at once or after a proof of work, and what it costs of the budget."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.client_networks import Client, client_from
from driver import proof_of_work
from driver.proof_of_work import Challenge
from driver.sign_page import SignPage
from lots import lookup_budget
from presentation.guard import client_in, client_of

FIELD = "proof"  # of the form: the challenge and its answers, with dots between


class Admitted(NamedTuple):
    """A look-up that may be made; its outcome is counted."""

    client: Client
    lot_id: int
    waited: bool = False

    def found(self, stay: str) -> None:
        lookup_budget.LOOKUPS.found(self.client, self.lot_id, stay)

    def missed(self) -> None:
        lookup_budget.LOOKUPS.missed(self.client, self.lot_id, waited=self.waited)

    def viewed(self) -> None:
        lookup_budget.LOOKUPS.viewed(self.client, self.lot_id)


@dataclass(frozen=True)
class ProofStep:
    """Work that the phone does first. `wait`: seconds after which it may go on without; 0 for never."""

    challenge: Challenge
    wait: int
    plate: str = ""
    lane: bool = False


def at_once(meta: Mapping[str, Any], lot_id: int) -> Admitted | None:
    """Return the right to a look-up of a request in this lot; None where a proof of work comes first."""
    client = client_from(client_in(meta))
    return None if lookup_budget.LOOKUPS.effort(client, lot_id) else Admitted(client, lot_id)


def admit(sign: SignPage, *, subject: str) -> Admitted | Challenge:
    """Return the right to look up `subject` (a plate, or a lane) in this lot, or the challenge before it."""
    client, lot_id = client_from(client_of(sign.request)), sign.sign.lot_id
    bits = lookup_budget.LOOKUPS.effort(client, lot_id)
    if not bits:
        return Admitted(client, lot_id)
    to = f"{client.name}|{lot_id}|{subject}"
    text, *answers = sign.request.POST.get(FIELD, "")[: proof_of_work.LONGEST].split(".")
    given = proof_of_work.read(text, to=to, at=sign.at)
    if given is not None:
        if given.bits + proof_of_work.EASIER >= bits and proof_of_work.is_solved(given, answers):
            lookup_budget.LOOKUPS.worked(lot_id)
            return Admitted(client, lot_id)
        if given.age >= proof_of_work.WAIT and lookup_budget.LOOKUPS.may_wait(client, lot_id):
            lookup_budget.LOOKUPS.worked(lot_id)
            return Admitted(client, lot_id, waited=True)
    lookup_budget.LOOKUPS.stopped(lot_id)
    return proof_of_work.challenge(bits=bits, to=to, at=sign.at)


def step_before(sign: SignPage, challenge: Challenge, *, plate: str = "", lane: bool = False) -> ProofStep:
    """Return what the page shows while the phone works."""
    client = client_from(client_of(sign.request))
    wait = proof_of_work.WAIT if lookup_budget.LOOKUPS.may_wait(client, sign.sign.lot_id) else 0
    return ProofStep(challenge, wait, plate, lane)
