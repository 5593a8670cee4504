"""Fetches one small file of a page's host, through the same guarded proxy as the browser."""

import asyncio
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from selfcheck.chrome import Options
from selfcheck.network_addresses import guarded
from selfcheck.proxy import ObservingProxy

AGENT = "PureCodeSelfCheck"
MAX_FILE = 512 * 1024
SECONDS, TOTAL_SECONDS = 8.0, 20.0  # without a byte; for the whole answer, which a site may send drop by drop


@dataclass(frozen=True)
class Fetched:
    """An answer: status 0 where nothing answered."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)  # names in lower case
    leads_to: str = field(default="", compare=False)  # where a redirect goes, which is not followed


async def fetch(
    url: str,
    options: Options,
    *,
    headers: Mapping[str, str] | None = None,
    most: int = MAX_FILE,
    method: str = "GET",
    body: bytes | None = None,
) -> Fetched:
    """Return the answer to one request, at most `most` bytes of it; redirects are not followed."""
    resolve = options.resolve or guarded(allow_private=options.allow_private)
    sent = {"User-Agent": f"{AGENT}/1", "Accept-Encoding": "identity", **(headers or {})}
    async with ObservingProxy(resolve, max_bytes=2 * most, any_certificate=options.any_certificate) as proxy:
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                return await asyncio.to_thread(_get, url, proxy.address, sent, most, method, body)
        except TimeoutError:  # the end of the proxy ends the thread's connection
            return Fetched(0)


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener that speaks HTTP and HTTPS only and follows no redirect.

    `build_opener` would add FTP, files and data: a redirect of a stranger's site to one of them would leave
    the proxy. Its own ProxyHandler would leave it too, for hosts that `no_proxy` in the environment names.
    """
    # The certificate seen here is the proxy's own; the site's is verified by the proxy.
    context = ssl._create_unverified_context()  # noqa: S323
    opener = urllib.request.OpenerDirector()
    opener.addheaders = []
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),  # a redirect is an HTTPError like any other
    ):
        opener.add_handler(handler)
    return opener


def _get(
    url: str, proxy: str, sent: dict[str, str], most: int, method: str = "GET", body: bytes | None = None
) -> Fetched:
    if urlsplit(url).scheme.lower() not in {"http", "https"}:
        return Fetched(0)
    named = {
        "Host": urlsplit(url).netloc.rpartition("@")[2]
    }  # urllib would name the proxy to a site with TLS
    request = urllib.request.Request(url, body, named | sent, method=method)  # noqa: S310 - http(s), checked above
    request.set_proxy(urlsplit(proxy).netloc, "http")
    try:
        with _opener().open(request, timeout=SECONDS) as answer:
            headers: dict[str, str] = {}
            for name, value in answer.headers.items():  # a header that is sent twice must not hide one
                known = headers.get(name.lower())
                headers[name.lower()] = value if known is None else f"{known}, {value}"
            return Fetched(answer.status, answer.read(most), headers)
    except urllib.error.HTTPError as error:
        return Fetched(error.code, leads_to=error.headers.get("Location", ""))
    except (OSError, ValueError, HTTPException):
        return Fetched(0)


async def robots_allow(url: str, options: Options) -> bool:
    """Return whether the host's robots.txt allows a page. Without one, or without an answer, it does."""
    parts = urlsplit(url)
    answer = await fetch(f"{parts.scheme.lower()}://{parts.netloc}/robots.txt", options)
    if answer.status != 200:
        return answer.status < 500
    rules = RobotFileParser()
    rules.parse(answer.body.decode("utf-8", "replace").splitlines())
    return rules.can_fetch(AGENT, url)
