"""Client of the identity provider: discovery, keys, and the exchange of a code for an ID token.

The authorization code flow with PKCE. The access token is discarded: nothing is asked about a person but
their identity. Keys are fetched through `core.transport` like any other call, with its bounds on time, size
and redirects; PyJWT's own client has none of them.
"""

import base64
import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from core import shallow_json
from core.transport import OutcomeUnknown, PooledTransport, Transport
from staff.sso.tokens import Identity, Key, TokenRejected, UnknownKey, read_token

CACHED_FOR = timedelta(hours=1)  # the provider's discovery document and keys
REFETCH_AFTER = timedelta(minutes=1)  # for a key that we do not know
MAX_WAITING = 2  # threads of a process that wait for the provider; if it hangs, the others keep serving
WAIT_SECONDS = 1.0  # for a turn, before another thread gives up
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class ProviderUnavailable(Exception):
    """The provider does not answer, or not as OpenID Connect requires."""


@dataclass(frozen=True)
class Registration:
    """Our registration at the provider."""

    issuer: str
    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Discovery:
    """The provider's discovery document and its keys."""

    authorize: str
    token: str
    keys: Sequence[Key]
    by_header: bool  # whether our secret goes into the Authorization header
    read_at: datetime


class SsoProvider:
    """One identity provider. Safe to share between threads."""

    def __init__(self, client: Registration, transport: Transport | None = None) -> None:
        self.client = client
        self._transport = transport or PooledTransport("sign-in", connections=MAX_WAITING)
        self._discovery: Discovery | None = None
        self._slots = threading.BoundedSemaphore(MAX_WAITING)

    def address(self, *, state: str, nonce: str, verifier: str, back: str, at: datetime) -> str:
        """Return the address at which the browser signs in. Raises `ProviderUnavailable`."""
        discovery = self._known(at, not_before=at - CACHED_FOR)
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self.client.id,
            "redirect_uri": back,
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{discovery.authorize}{'&' if '?' in discovery.authorize else '?'}{urlencode(query)}"

    def identify(self, *, code: str, verifier: str, nonce: str, back: str, at: datetime) -> Identity:
        """Return the identity for a code. Raises `ProviderUnavailable`, `TokenRejected`."""
        token = self._exchange(code, verifier, back, at)
        try:
            return self._read(token, nonce, at, not_before=at - CACHED_FOR)
        except UnknownKey:
            return self._read(token, nonce, at, not_before=at - REFETCH_AFTER)

    def _read(self, token: str, nonce: str, at: datetime, *, not_before: datetime) -> Identity:
        keys = self._known(at, not_before=not_before).keys
        client = self.client
        return read_token(token, keys=keys, issuer=client.issuer, client=client.id, nonce=nonce, at=at)

    def _exchange(self, code: str, verifier: str, back: str, at: datetime) -> str:
        discovery = self._known(at, not_before=at - CACHED_FOR)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        headers = dict(FORM)
        if discovery.by_header:
            pair = f"{quote(self.client.id, safe='')}:{quote(self.client.secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self.client.id, "client_secret": self.client.secret}
        status, answer = self._ask("POST", discovery.token, headers, urlencode(form).encode())
        if status == 400:
            raise TokenRejected("code")
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise ProviderUnavailable
        return token

    def _known(self, at: datetime, *, not_before: datetime) -> Discovery:
        discovery = self._discovery
        if discovery is None or discovery.read_at < not_before:
            self._discovery = discovery = self._discover(at)
        return discovery

    def _discover(self, at: datetime) -> Discovery:
        document = self._get(f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration")
        if document.get("issuer") != self.client.issuer:
            raise ProviderUnavailable
        keys = self._get(_address(document, "jwks_uri")).get("keys")
        if not isinstance(keys, list):
            raise ProviderUnavailable
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return Discovery(
            authorize=_address(document, "authorization_endpoint"),
            token=_address(document, "token_endpoint"),
            keys=[key for key in keys if isinstance(key, dict)],
            by_header="client_secret_basic" in methods,
            read_at=at,
        )

    def _get(self, address: str) -> dict[str, Any]:
        status, answer = self._ask("GET", address, {"Accept": "application/json"}, b"")
        if status != 200:
            raise ProviderUnavailable
        return answer

    def _ask(
        self, method: str, address: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, Any]]:
        if not self._slots.acquire(timeout=WAIT_SECONDS):
            raise ProviderUnavailable
        try:
            reply = self._transport.send(method, address, headers, body)
            answer = shallow_json.loads(reply.body)
        except (OutcomeUnknown, ValueError, RecursionError):
            raise ProviderUnavailable from None
        finally:
            self._slots.release()
        if not isinstance(answer, dict):
            raise ProviderUnavailable
        return reply.status, answer


def _address(document: dict[str, Any], name: str) -> str:
    """Return an address from the discovery document: https, or on this machine."""
    text = document.get(name)
    if not isinstance(text, str):
        raise ProviderUnavailable
    parts = urlsplit(text)
    is_local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise ProviderUnavailable
    return text
