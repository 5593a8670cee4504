"""Where the processor time of an act goes: a profile of the product, summed by layer.

    python -m benchmarks.layers < REQUESTS   # JSON: raw requests of `acts`, profiled after those of `warm_up`

A process of its own, because what prepared the data has the settings of a command: other time-outs, and
other ways to the database than a page has.
"""

import cProfile
import io
import json
import pstats
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings

from benchmarks.bench_environment import measured_by

LAYERS = (  # the first that a file's path contains
    # With the wait for PostgreSQL: libpq's calls are invisible to the profile, and count for who calls them.
    ("psycopg, sqlite3", ("psycopg", "sqlite3", "/core/postgresql/pipeline.py")),
    ("Django: database", ("django/db/",)),
    ("Django: templates", ("django/template", "django/utils/safestring", "django/utils/html")),
    ("Django: translation", ("django/utils/translation", "gettext")),
    ("Django: request, middleware, views", ("django/", "asgiref")),
    ("own: SQL and sessions", ("/core/", "/lots/")),
    ("own: payments", ("/payments/",)),
    ("own: pages", ("/driver/", "/presentation/", "/devices/", "/config/")),
    ("cryptography", ("cryptography", "hmac", "hashlib")),
    ("gzip, json, logging", ("gzip", "zlib", "json", "logging", "structlog")),
)
OTHER = "other Python"


def application() -> Callable[[bytes], int]:
    """Return a call that answers a raw request by the product's WSGI application, and says its status.

    Raises `RuntimeError` where Django is set up: then the settings are not those of a web process.
    """
    if settings.configured:
        raise RuntimeError("the settings are loaded already")
    from config.wsgi import application as product  # sets up Django as a web process does

    def ask(request: bytes) -> int:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, path, _ = first.split(" ")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }
        for line in lines:
            name, _, value = line.partition(": ")
            key = name.upper().replace("-", "_")
            environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
        found: list[str] = []
        answer = product(environ, lambda status, _headers, *_rest: found.append(status))
        b"".join(answer)
        getattr(answer, "close", lambda: None)()
        return int(found[0][:3])

    return ask


def shares_of(
    acts: Mapping[str, Sequence[bytes]], *, warm_up: Sequence[bytes], env: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    """Return the share of each layer in each act, measured in a web process of its own."""
    written = {act: [each.decode("latin-1") for each in sent] for act, sent in acts.items()}
    given = {"warm_up": [each.decode("latin-1") for each in warm_up], "acts": written}
    found: dict[str, dict[str, float]] = measured_by("benchmarks.layers", env=env, given=json.dumps(given))
    return found


def shares(ask: Callable[[bytes], int], requests: Sequence[bytes]) -> dict[str, float]:
    """Return the share of each layer in answering these requests; the profiler's own cost is in it."""
    for request in requests[: len(requests) // 4]:
        ask(request)
    profile = cProfile.Profile()
    profile.enable()
    for request in requests[len(requests) // 4 :]:
        ask(request)
    profile.disable()
    times: defaultdict[str, float] = defaultdict(float)
    statistics: Any = pstats.Stats(profile)
    for (file, _, name), (_, _, own, _, callers) in statistics.stats.items():
        if file != "~":
            times[layer_of(file)] += own
            continue
        # What is built in counts for the layer that called it, unless its own name says more.
        known = layer_of(name)
        total = sum(caller[2] for caller in callers.values()) or 1.0
        for (caller_file, _, _), caller in callers.items():
            times[known if known != OTHER else layer_of(caller_file)] += own * caller[2] / total
    everything = sum(times.values()) or 1.0
    return {layer: times[layer] / everything for layer in sorted(times, key=times.__getitem__, reverse=True)}


def layer_of(name: str) -> str:
    """Return the layer of a file, or of a function that is built in."""
    if "/lots/tariffs/" in name:
        return "own: tariff engine"
    return next((layer for layer, parts in LAYERS if any(part in name for part in parts)), OTHER)


def main() -> None:
    given, ask = json.load(sys.stdin), application()
    for request in given["warm_up"]:
        ask(request.encode("latin-1"))
    acts = {act: [each.encode("latin-1") for each in sent] for act, sent in given["acts"].items()}
    print(json.dumps({act: shares(ask, requests) for act, requests in acts.items()}))


if __name__ == "__main__":
    main()
