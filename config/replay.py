"""Answers that depend on no visitor, replayed before Django: the first page of a sign, and 304 for it.

A view marks such an answer with `replay_under`, the stamp of the facts it was made from (lots.changes). It
is replayed byte for byte while the stamp that this process read last is the same, and for REFRESH seconds at
most without reading it again: so a revoked sign is gone within three seconds. While the database does not
answer, the cached page is replayed: the page stands, and the look-up behind it names whom to call.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from config.background_look import BackgroundLook
from config.middleware import used_https
from lots.changes import FactsStamp, Stamp
from presentation.respond import accepted, has_tag

LOOK_SECONDS = 0.2  # that a page waits to learn whether it is still right
RETRY_SECONDS = 1.0  # after a failed look, pages do not wait for another
MOST = 10_000  # answers, about 45 MB; a full store starts again

type Headers = list[tuple[str, str]]
type Start = Callable[..., Any]
type Application = Callable[[dict[str, Any], Start], Iterable[bytes]]


@dataclass(frozen=True)
class KeptAnswer:
    status: str
    headers: Headers
    body: bytes
    stamp: Stamp

    @property
    def tag(self) -> str:
        return next((value for name, value in self.headers if name == "ETag"), "")


class Look:
    """Reads the stamp in a thread, so that no visitor waits for a database that hangs."""

    def __init__(self, stamp: FactsStamp) -> None:
        self._stamp, self._look = stamp, BackgroundLook("stamp", stamp.current)

    def __call__(self) -> Stamp | None:
        """Return the stamp; None where the database does not answer within LOOK_SECONDS."""
        failed_at = self._look.failed_at
        has_failed = failed_at is not None and time.monotonic() - failed_at <= RETRY_SECONDS
        self._look.wait(0 if has_failed else LOOK_SECONDS)
        return self._stamp.recent()


class PageReplay:
    """The WSGI application that answers from its store, or asks the one behind it."""

    def __init__(
        self,
        application: Application,
        stamp: FactsStamp,
        look: Callable[[], Stamp | None] | None = None,
    ) -> None:
        self._application, self._stamp = application, stamp
        self._look = look or Look(stamp)
        self._answers: dict[tuple[Any, ...], KeptAnswer] = {}

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET":
            return self._application(environ, start_response)
        encoding = _encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        # By host: the view behind refuses one that is not ours, and so must the store.
        key = environ["PATH_INFO"], environ.get("HTTP_HOST", ""), encoding, used_https(environ)
        stamp, found = self._stamp.recent(), self._answers.get((*key, "200 OK"))
        if found is not None and stamp is None:
            stamp = self._look() or self._stamp.last()
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
            self._answers[*key, sent[0]] = KeptAnswer(sent[0], sent[1], response.content, stamp)
        return response  # type: ignore[no-any-return]


@lru_cache(maxsize=1024)
def _encoding(header: str) -> str:
    """Return which of the stored encodings a browser gets."""
    found = accepted(header)
    return next((name for name in ("br", "gzip") if name in found), "")
