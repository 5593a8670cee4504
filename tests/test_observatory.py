"""The scorer that the live test uses: each line of the table that it knows, and what it must not let pass."""

import pytest

from tests.live.observatory import score

CSP = "default-src 'none'; style-src 'sha256-x'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
GOOD = {
    "content-security-policy": CSP,
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "referrer-policy": "strict-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}


def points(cookies=(), body="", to="https://pay.example.cn/", **changed):
    headers = {**GOOD, **{name.replace("_", "-"): value for name, value in changed.items()}}
    headers = {name: value for name, value in headers.items() if value is not None}
    return score(headers, cookies, body, host="pay.example.cn", redirected_to=to)[0]


def test_all_of_it_scores_130():
    assert points() == 130


def test_good_cookies_add_five():
    assert points(["__Host-csrf=1; Path=/; Secure; HttpOnly; SameSite=Lax"]) == 135


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        (125, {"content_security_policy": CSP.replace("default-src 'none'", "default-src 'self'")}),
        (120, {"content_security_policy": CSP.replace("'sha256-x'", "'unsafe-inline'")}),
        (80, {"content_security_policy": f"{CSP}; script-src 'unsafe-inline'"}),
        (80, {"content_security_policy": f"{CSP}; script-src https:"}),
        (80, {"content_security_policy": f"{CSP}; connect-src http://x.example"}),
        (110, {"content_security_policy": f"{CSP}; script-src 'unsafe-eval'"}),
        (110, {"content_security_policy": f"{CSP}; img-src http:"}),
        (55, {"content_security_policy": None}),
        (80, {"strict_transport_security": None}),
        (120, {"strict_transport_security": "max-age=3600"}),
        (125, {"referrer_policy": None}),
        (120, {"referrer_policy": "unsafe-url"}),
        (125, {"x_content_type_options": None}),
        (120, {"cross_origin_resource_policy": None}),
        (50, {"access_control_allow_credentials": "true"}),
        (80, {"to": "http://pay.example.cn/"}),
        (80, {"to": "https://elsewhere.example/"}),
        (50, {"body": "<script src='//cdn.example/x.js'></script>"}),
        (130, {"body": "<script src=/own.js></script>"}),
        (60, {"cookies": ["session=1; HttpOnly; SameSite=Lax"]}),
        (70, {"cookies": ["session=1; Secure; SameSite=Lax"]}),
        (80, {"cookies": ["csrf=1; Secure; HttpOnly"]}),
    ],
)
def test_each_fault_costs_its_points(expected, changed):
    assert points(**changed) == expected
