"""Answers that depend on no visitor, replayed before Django: the first page of a sign, and 304 for it.

A view marks such an answer with `replay_under`, the stamp of the facts it was made from (lots.changes). It
is replayed byte for byte while the stamp that this process read last is the same, and for REFRESH seconds at
most without reading it again: so a revoked sign is gone within three seconds. The database is never asked
here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from config.middleware import used_https
from lots.changes import FactsStamp, Stamp
from presentation.respond import accepted, has_tag

MOST = 10_000  # answers, about 45 MB; a full store starts again

type Headers = list[tuple[str, str]]
type Start = Callable[..., Any]
type Application = Callable[[dict[str, Any], Start], Iterable[bytes]]


@dataclass(frozen=True)
class Answer:
    status: str
    headers: Headers
    body: bytes
    stamp: Stamp

    @property
    def tag(self) -> str:
        return next((value for name, value in self.headers if name == "ETag"), "")


class Replay:
    """The WSGI application that answers from its store, or asks the one behind it."""

    def __init__(self, application: Application, stamp: FactsStamp) -> None:
        self._application, self._stamp = application, stamp
        self._answers: dict[tuple[Any, ...], Answer] = {}

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET":
            return self._application(environ, start_response)
        encoding = _encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        key = environ["PATH_INFO"], encoding, used_https(environ)
        stamp, found = self._stamp.recent(), self._answers.get((*key, "200 OK"))
        if found is not None and has_tag(environ.get("HTTP_IF_NONE_MATCH", ""), found.tag):
            found = self._answers.get((*key, "304 Not Modified"))
        if found is None or stamp is None or found.stamp != stamp:
            return self._ask(key, environ, start_response)
        start_response(found.status, list(found.headers))
        return [found.body]

    def _ask(self, key: tuple[Any, ...], environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        sent: list[Any] = []

        def start(status: str, headers: Headers, *rest: Any) -> Any:
            sent[:] = status, list(headers)
            return start_response(status, headers, *rest)

        response: Any = self._application(environ, start)
        stamp = getattr(response, "replay_under", None)
        if stamp is not None and sent:
            if len(self._answers) >= MOST:
                self._answers.clear()
            self._answers[*key, sent[0]] = Answer(sent[0], sent[1], response.content, stamp)
        return response  # type: ignore[no-any-return]


@lru_cache(maxsize=1024)
def _encoding(header: str) -> str:
    """Return which of the stored encodings a browser gets."""
    found = accepted(header)
    return next((name for name in ("br", "gzip") if name in found), "")
