"""Reads one small file of a page's host, by the same guarded door as the browser."""

import asyncio
import ssl
import urllib.error
import urllib.request
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from selfcheck.browser import Options
from selfcheck.network_addresses import guarded
from selfcheck.proxy import Door

AGENT = "PureCodeSelfCheck"
MOST = 512 * 1024


async def fetch(url: str, options: Options) -> tuple[int, bytes]:
    """Return status and body, at most MOST bytes; status 0 where nothing answered."""
    resolve = options.resolve or guarded(allow_private=options.allow_private)
    async with Door(resolve, most=2 * MOST) as door:
        return await asyncio.to_thread(_get, url, door.address, options.any_certificate)


def _get(url: str, door: str, any_certificate: bool) -> tuple[int, bytes]:
    context = ssl._create_unverified_context() if any_certificate else ssl.create_default_context()  # noqa: S323
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"http": door, "https": door}),
        urllib.request.HTTPSHandler(context=context),
    )
    request = urllib.request.Request(url, headers={"User-Agent": f"{AGENT}/1"})  # noqa: S310 - http(s), checked before
    try:
        with opener.open(request, timeout=8) as answer:
            return answer.status, answer.read(MOST)
    except urllib.error.HTTPError as error:
        return error.code, b""
    except (OSError, ValueError):
        return 0, b""


async def robots_allow(url: str, options: Options) -> bool:
    """Say whether the host's robots.txt lets us try a page. Without one, or without an answer, it does."""
    parts = urlsplit(url)
    status, body = await fetch(f"{parts.scheme.lower()}://{parts.netloc}/robots.txt", options)
    if status != 200:
        return status < 500
    rules = RobotFileParser()
    rules.parse(body.decode("utf-8", "replace").splitlines())
    return rules.can_fetch(AGENT, url)
