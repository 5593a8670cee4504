"""A document in which no script can run is marked for the observer, and no other one is."""

import asyncio

import pytest

from selfcheck.checking import in_thread
from selfcheck.network_addresses import Destination
from selfcheck.proxy import ObservingProxy, runs_no_script

FORM = "<!doctype html><form method=post action=/fee><input name=plate onceonly></form><noscript>x</noscript>"
HTML = "text/html; charset=utf-8"


@pytest.mark.parametrize("kind", [HTML, "text/html", 'TEXT/HTML;charset="GBK"'])
def test_plain_form_runs_nothing(kind):
    assert runs_no_script(kind, FORM.encode())


@pytest.mark.parametrize(
    "part",
    [
        "<script>a()</script>",
        "<SCRIPT src=/a.js>",
        "<body onload='a()'>",
        '<p/onclick\n="a()">',
        "<img src=x'onerror=a()>",
        "<a href='javascript:a()'>",
        "<a href='java&#115;cript:a()'>",
        "<a href='java\tscript:a()'>",
        "<iframe srcdoc=x>",
        "<embed src=/a.svg>",
        "<object data=/a.svg>",
        "<p>\x1b$B",
        "<\0s\0c\0r\0i\0p\0t\0",
    ],
)
def test_whatever_may_run_is_seen(part):
    assert not runs_no_script(HTML, f"{FORM}{part}".encode())


@pytest.mark.parametrize("kind", ["", "image/svg+xml", "application/xhtml+xml", "text/html; charset=utf-16"])
def test_other_kinds_are_observed(kind):
    assert not runs_no_script(kind, FORM.encode())


def head_of(body, *, dest="document", claim=""):
    """Return the token of a proxy, and the head with which it passes this answer of a site on."""

    async def site(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {HTML}\r\n{claim}Content-Length: {len(body)}\r\n\r\n"
        writer.write(f"{head}{body}".encode())
        writer.close()

    async def talk():
        server = await asyncio.start_server(site, "127.0.0.1", 0)

        async def resolve(host, port):
            return Destination("127.0.0.1", server.sockets[0].getsockname()[1], "")

        async with server, ObservingProxy(resolve) as proxy:
            reader, writer = await asyncio.open_connection(*proxy._server.sockets[0].getsockname())
            writer.write(
                f"GET http://a.cn/ HTTP/1.1\r\nHost: a.cn\r\nSec-Fetch-Dest: {dest}\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            rest = await reader.readexactly(len(body))
            writer.close()
            return proxy.unscripted, head.decode(), rest.decode()

    return in_thread(talk)


@pytest.mark.servers
def test_document_without_scripts_is_marked():
    token, head, body = head_of(FORM)
    assert f"Server-Timing: {token}" in head
    assert body == FORM


@pytest.mark.servers
@pytest.mark.parametrize(("body", "dest"), [(FORM, "iframe"), (f"{FORM}<script></script>", "document")])
def test_others_are_not_marked(body, dest):
    token, head, _ = head_of(body, dest=dest)
    assert token not in head


@pytest.mark.servers
def test_site_cannot_know_the_mark():
    first, head, _ = head_of(f"{FORM}<script></script>", claim="Server-Timing: unscripted\r\n")
    assert first not in head
    assert first != head_of(FORM)[0]
