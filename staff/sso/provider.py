"""Talks to the identity provider: what it offers, its keys, and one code for one ID token.

The authorization code flow with PKCE. The access token that comes along is thrown away: nothing is asked
about a person but who they are.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from core.transport import OutcomeUnknown, PooledTransport, Transport
from staff.sso.tokens import Identity, Key, NotBelieved, UnknownKey, read_token

KEPT = timedelta(hours=1)  # what the provider says of itself
AGAIN = timedelta(minutes=1)  # at the soonest, for a key we do not know
AT_ONCE = 2  # threads of a process that wait for the provider; where it hangs, the others go on serving
PATIENCE = 1.0  # seconds that one more waits for its turn
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class Unavailable(Exception):
    """The provider does not answer, or not as OpenID Connect says."""


@dataclass(frozen=True)
class Client:
    """What we are at the provider."""

    issuer: str
    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Offer:
    """What the provider says of itself at its well-known address."""

    authorize: str
    token: str
    keys: Sequence[Key]
    by_header: bool  # how it wants to be shown our secret
    read_at: datetime


class Provider:
    """One identity provider. Safe to share between threads."""

    def __init__(self, client: Client, transport: Transport | None = None) -> None:
        self.client = client
        self._transport = transport or PooledTransport(connections=AT_ONCE)
        self._offer: Offer | None = None
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def address(self, *, state: str, nonce: str, verifier: str, back: str, at: datetime) -> str:
        """Return where the browser goes to sign in. Raises `Unavailable`."""
        offer = self._known(at, not_before=at - KEPT)
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self.client.id,
            "redirect_uri": back,
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{offer.authorize}{'&' if '?' in offer.authorize else '?'}{urlencode(asked)}"

    def identify(self, *, code: str, verifier: str, nonce: str, back: str, at: datetime) -> Identity:
        """Return who came back with a code. Raises `Unavailable`, `NotBelieved`."""
        token = self._exchange(code, verifier, back, at)
        try:
            return self._read(token, nonce, at, not_before=at - KEPT)
        except UnknownKey:
            return self._read(token, nonce, at, not_before=at - AGAIN)

    def _read(self, token: str, nonce: str, at: datetime, *, not_before: datetime) -> Identity:
        keys = self._known(at, not_before=not_before).keys
        client = self.client
        return read_token(token, keys=keys, issuer=client.issuer, client=client.id, nonce=nonce, at=at)

    def _exchange(self, code: str, verifier: str, back: str, at: datetime) -> str:
        offer = self._known(at, not_before=at - KEPT)
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        headers = dict(FORM)
        if offer.by_header:
            pair = f"{quote(self.client.id, safe='')}:{quote(self.client.secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            said |= {"client_id": self.client.id, "client_secret": self.client.secret}
        status, answer = self._ask("POST", offer.token, headers, urlencode(said).encode())
        if status == 400:
            raise NotBelieved("code")
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise Unavailable
        return token

    def _known(self, at: datetime, *, not_before: datetime) -> Offer:
        offer = self._offer
        if offer is None or offer.read_at < not_before:
            self._offer = offer = self._look(at)
        return offer

    def _look(self, at: datetime) -> Offer:
        said = self._get(f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != self.client.issuer:
            raise Unavailable
        keys = self._get(_address(said, "jwks_uri")).get("keys")
        if not isinstance(keys, list):
            raise Unavailable
        ways = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return Offer(
            authorize=_address(said, "authorization_endpoint"),
            token=_address(said, "token_endpoint"),
            keys=[key for key in keys if isinstance(key, dict)],
            by_header="client_secret_basic" in ways,
            read_at=at,
        )

    def _get(self, address: str) -> dict[str, Any]:
        status, answer = self._ask("GET", address, {"Accept": "application/json"}, b"")
        if status != 200:
            raise Unavailable
        return answer

    def _ask(
        self, method: str, address: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, Any]]:
        if not self._turns.acquire(timeout=PATIENCE):
            raise Unavailable
        try:
            reply = self._transport.send(method, address, headers, body)
            said = json.loads(reply.body)
        except (OutcomeUnknown, ValueError, RecursionError):
            raise Unavailable from None
        finally:
            self._turns.release()
        if not isinstance(said, dict):
            raise Unavailable
        return reply.status, said


def _address(said: dict[str, Any], name: str) -> str:
    """Return an address that the provider names: encrypted, or on this machine."""
    text = said.get(name)
    if not isinstance(text, str):
        raise Unavailable
    parts = urlsplit(text)
    at_home = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if parts.scheme != "https" and not (parts.scheme == "http" and at_home):
        raise Unavailable
    return text
