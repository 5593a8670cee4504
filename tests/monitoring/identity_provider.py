"""A small OpenID Connect provider on loopback: discovery, keys, authorization with PKCE, RS256 tokens.

It keeps the rules of its side (a code is good once, the verifier must fit the challenge, our secret must be
right), and can be set to lie.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

ID, SECRET = "purecode:1", "hush/+ 7"


def plain(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public(key: rsa.RSAPrivateKey, kid: str) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    parts = {"n": numbers.n, "e": numbers.e}
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": kid,
        **{name: plain(value.to_bytes((value.bit_length() + 7) // 8)) for name, value in parts.items()},
    }


def signed(key: rsa.RSAPrivateKey, claims: dict[str, Any], **head: Any) -> str:
    head = {"alg": "RS256", "kid": "k1", **head}
    body = f"{plain(json.dumps(head).encode())}.{plain(json.dumps(claims).encode())}"
    return f"{body}.{plain(key.sign(body.encode(), padding.PKCS1v15(), SHA256()))}"


class IdentityProvider:
    """Runs in a thread; `subject` is who is signed in there."""

    def __init__(self) -> None:
        self.key, self.kid = new_key(), "k1"
        self.subject, self.claims = "emp-0017", dict[str, Any]()
        self.make: Callable[[dict[str, Any]], str] = lambda claims: signed(self.key, claims, kid=self.kid)
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.discovery: dict[str, Any] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/realms/mall"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def authorize(self, address: str) -> str:
        """Do what a browser and a person do at the provider; return the address they are sent back to."""
        fields = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert fields["response_type"] == "code"
        assert fields["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = fields
        return f"{fields['redirect_uri']}?{urlencode({'code': code, 'state': fields['state']})}"

    def _answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        self.asked.append(path)
        if path.endswith("/.well-known/openid-configuration"):
            ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
            addresses = {name: f"{self.issuer}/{end}" for name, end in ends.items()}
            return 200, {"issuer": self.issuer, **addresses, **self.discovery}
        if path.endswith("/keys"):
            return 200, {"keys": [public(self.key, self.kid)]}
        if path.endswith("/token"):
            return self._token(form, authorization)
        return 404, {}

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
        if [unquote(word) for word in pair] != [ID, SECRET]:
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form["code"], None)
        challenge = plain(hashlib.sha256(form["code_verifier"].encode()).digest())
        if asked is None or (challenge, form["redirect_uri"]) != (
            asked["code_challenge"],
            asked["redirect_uri"],
        ):
            return 400, {"error": "invalid_grant"}
        at = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": asked["client_id"],
            "sub": self.subject,
            "nonce": asked["nonce"],
            "iat": at,
            "exp": at + 300,
            "name": "王小明",
            "email": "wang@mall.example",
            **self.claims,
        }
        return 200, {"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.make(claims)}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._say(*provider._answer(urlsplit(self.path).path, {}, ""))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                self._say(*provider._answer(self.path, form, self.headers.get("Authorization", "")))

            def _say(self, status: int, message: dict[str, Any]) -> None:
                body = json.dumps(message).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: Any) -> None:
                pass

        return Handler
