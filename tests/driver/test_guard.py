"""What is refused before a view looks at it, and the headers that every answer has."""

import pytest
from django.core.handlers.wsgi import LimitedStream

from presentation import guard, inline
from tests.driver.conftest import text
from tools import assets

FORM, BOUND = "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"


def post(mall, body="plate=x", content_type=FORM, **headers):
    return mall.browser.post(f"/p/{mall.pure.code}", body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "https://testserver.evil.example"},
        {"origin": "null"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "http://["},
    ],
)
def test_cross_site_posts_are_rejected(mall, headers):
    answer = post(mall, **headers)
    assert answer.status_code == 403
    assert "没有扣款" in text(answer)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin", "origin": "http://testserver"},
        {"sec-fetch-site": "none"},
        {"origin": "http://testserver"},
        {"origin": "null", "sec-fetch-site": "same-origin"},
    ],
)
def test_same_origin_posts_are_allowed(mall, headers):
    assert post(mall, **headers).status_code == 422


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{}", "application/json", 415),
        ("plate=x", "text/plain", 415),
        ("x", "multipart/form-data; boundary=x", 415),
        ("plate=" + "x" * 70_000, FORM, 413),
        ("other=1", FORM, 400),
        ("", FORM, 400),
        ("plate=%ff%fe", FORM, 400),
        ("&".join(f"a{n}=1" for n in range(1100)), FORM, 400),
    ],
)
def test_invalid_request_body_is_rejected(mall, body, content_type, status):
    answer = post(mall, body, content_type)
    assert answer.status_code == status
    assert "<!doctype html>" in text(answer)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("x", "multipart/form-data"),
        ("x", "multipart/form-data; boundary=é"),
        (
            "".join(f'--B\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n1\r\n' for n in range(1100)),
            BOUND,
        ),
        ("plate=" + "x" * 70_000, FORM),
        ("plate=%ff", FORM),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"origin": "http://["}, {"origin": "http://x", "host": "evil"}])
def test_body_at_unknown_address_is_not_read(mall, body, content_type, headers):
    answer = mall.browser.post("/d/nothing", body, content_type=content_type, headers=headers)
    assert answer.status_code == 404
    assert "<!doctype html>" in text(answer)


HALF = [
    ("/n/fake/m1", 400),
    ("/p/{code}", 400),
    ("/q/x/pay", 400),
    ("/r", 400),
    ("/c/{code}", 405),
    ("/fee", 405),
    ("/w", 405),
    ("/t/x", 405),
    ("/e/x", 405),
    ("/lot/pujiang/tariff", 405),
    ("/lot/pujiang/pay", 405),
]


@pytest.mark.parametrize(("path", "status"), HALF)
def test_stopped_body_is_no_bug(mall, channel, monkeypatch, path, status):
    def stopped(*_):
        raise OSError("the client went away")

    for name in ("read", "readline"):
        monkeypatch.setattr(LimitedStream, name, stopped)
    mall.browser.raise_request_exception = False
    answer = mall.submit(path.format(code=mall.pure.code), plate="x", part="1")
    assert answer.status_code == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_unsupported_method_lists_allowed_methods(mall, method):
    answer = mall.browser.generic(method, f"/p/{mall.pure.code}")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    ("target", "page"),
    [
        ("/q/x/pay/en", "/q/x/en"),
        ("/q/x/coupon", "/q/x"),
        ("/t/x/pay/hant", "/t/x/hant"),
        ("/p/x/ticket", "/p/x"),
        ("/q/x%0d%0aA:b/pay", "/q/x%0D%0AA:b"),
    ],
)
def test_get_of_form_target_leads_back(mall, target, page):
    answer = mall.get(target)
    assert (answer.status_code, answer["Location"]) == (303, page)
    assert mall.browser.put(target).status_code == 405


ADDRESSES = ["/p/{code}", "/p/FALSE", "/nothing", "/t/NOSUCH", "/lot/pujiang/tariff", "/lot/pujiang/privacy"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_pages_set_security_headers_no_cookie(mall, address):
    answer = mall.get(address.format(code=mall.pure.code))
    assert answer["Referrer-Policy"] == "strict-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Robots-Tag"] == "noindex"
    is_first = address == "/p/{code}"  # every byte counts there, and no script runs that could ask
    assert is_first or "camera=(),geolocation=()" in answer["Permissions-Policy"]
    assert not answer.cookies
    assert "Set-Cookie" not in answer


@pytest.mark.parametrize("address", ADDRESSES)
def test_csp_allows_only_inline_hashes(mall, address):
    answer = mall.get(address.format(code=mall.pure.code))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        allowed = next(part for part in policy.split("; ") if part.startswith(directive))
        for piece in text(answer).split(f"<{tag}>")[1:]:
            assert inline._allow(piece.split(f"</{tag}>")[0]) in allowed


def test_fee_responses_are_not_stored(mall, parked):
    assert mall.search()["Cache-Control"] == "no-store"
    assert mall.search(part="1")["Cache-Control"] == "no-store"
    assert mall.search("沪A99999")["Cache-Control"] == "no-store"


def test_no_link_contains_a_plate(mall, parked):
    page = text(mall.search())
    for piece in page.split('href="')[1:] + page.split('action="')[1:]:
        assert "12345" not in piece.split('"')[0].replace("12345 / 12315", "")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, "1.1.1.1", "127.0.0.1"),
        (1, "9.9.9.9, 1.1.1.1", "1.1.1.1"),
        (2, "9.9.9.9, 1.1.1.1, 10.0.0.1", "1.1.1.1"),
        (2, "1.1.1.1", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_client_ip_comes_from_trusted_proxies(rf, settings, proxies, forwarded, client):
    settings.TRUSTED_PROXIES = proxies
    assert guard.client_of(rf.get("/", headers={"x-forwarded-for": forwarded})) == client


def test_comments_are_removed_from_styles():
    source = "/* why */\na {\n  color: red;\n}\n\nb{margin:calc(1rem + 2vw)}\n"
    assert inline.without_comments(source) == "a {\ncolor: red;\n}\nb{margin:calc(1rem + 2vw)}"


def test_minified_assets_match_their_sources():
    assert assets.DIGESTS.read_text(encoding="utf-8") == assets.digests()
    assert {path.name for path in assets.sources()} == {
        path.name for path in assets.BUILT.iterdir() if path != assets.DIGESTS
    }
