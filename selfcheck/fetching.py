"""Fetches one small file of a page's host, through the same guarded proxy as the browser."""

import asyncio
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from selfcheck.chrome import Options
from selfcheck.network_addresses import guarded
from selfcheck.proxy import ObservingProxy

AGENT = "PureCodeSelfCheck"
MAX_FILE = 512 * 1024


@dataclass(frozen=True)
class Fetched:
    """An answer: status 0 where nothing answered."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)  # names in lower case


async def fetch(
    url: str, options: Options, *, headers: Mapping[str, str] | None = None, most: int = MAX_FILE
) -> Fetched:
    """Return the answer to one GET, at most `most` bytes of it; redirects are not followed."""
    resolve = options.resolve or guarded(allow_private=options.allow_private)
    sent = {"User-Agent": f"{AGENT}/1", "Accept-Encoding": "identity", **(headers or {})}
    async with ObservingProxy(resolve, max_bytes=2 * most, any_certificate=options.any_certificate) as proxy:
        return await asyncio.to_thread(_get, url, proxy.address, sent, most)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object) -> None:
        return None


def _get(url: str, proxy: str, sent: dict[str, str], most: int) -> Fetched:
    # The certificate seen here is the proxy's own; the site's is verified by the proxy.
    context = ssl._create_unverified_context()  # noqa: S323
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"http": proxy, "https": proxy}),
        urllib.request.HTTPSHandler(context=context),
        _NoRedirect(),
    )
    request = urllib.request.Request(url, headers=sent)  # noqa: S310 - http(s), checked before
    try:
        with opener.open(request, timeout=8) as answer:
            headers: dict[str, str] = {}
            for name, value in answer.headers.items():  # a header that is sent twice must not hide one
                known = headers.get(name.lower())
                headers[name.lower()] = value if known is None else f"{known}, {value}"
            return Fetched(answer.status, answer.read(most), headers)
    except urllib.error.HTTPError as error:
        return Fetched(error.code)
    except (OSError, ValueError):
        return Fetched(0)


async def robots_allow(url: str, options: Options) -> bool:
    """Say whether the host's robots.txt allows a page. Without one, or without an answer, it does."""
    parts = urlsplit(url)
    answer = await fetch(f"{parts.scheme.lower()}://{parts.netloc}/robots.txt", options)
    if answer.status != 200:
        return answer.status < 500
    rules = RobotFileParser()
    rules.parse(answer.body.decode("utf-8", "replace").splitlines())
    return rules.can_fetch(AGENT, url)
