"""Drops from a Content-Type what this site does not heed, before Django reads it.

Everything here is UTF-8, and of the parameters only a form's `boundary` matters. Django decodes the query by
the charset that a request declares, and parameters by the charset that each names, while it makes the request
object: one that is no charset for text (`rot13`) raises there, where nothing answers it. And it refuses forms
of another spelling ("utf8") with a page of its own, also to a vendor's software.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

_USUAL = re.compile(r"[\w/.+-]*(;\s*(charset=\"?utf-8\"?|boundary=[\w'()+,./:=?-]+)\s*)*", re.ASCII | re.I)
_BOUNDARY = re.compile(r";\s*boundary=(\"[^\"*;]{1,200}\"|[^\"*;\s]{1,200})", re.I)

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def plain(content_type: str) -> str:
    """Return a Content-Type with nothing but its kind and its boundary, unless it is a usual one."""
    if _USUAL.fullmatch(content_type):
        return content_type
    kind = content_type.partition(";")[0]
    boundary = _BOUNDARY.search(content_type)
    return f"{kind}; boundary={boundary[1]}" if boundary else kind


def plain_types(application: Application) -> Application:
    """Return the application with plain Content-Types."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if content_type := environ.get("CONTENT_TYPE"):
            environ["CONTENT_TYPE"] = plain(content_type)
        return application(environ, start_response)

    return serve
