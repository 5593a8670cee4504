"""The score of an answer's headers by the published table of Mozilla's HTTP Observatory (version 5, MDN).

Only what an answer of this project can contain is judged; anything else scores as the table's worst line, so
that it cannot pass unseen.
"""

import re
from collections.abc import Mapping, Sequence

BROAD = {"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
INLINE = {"'unsafe-inline'", "data:"}
PRIVATE_REFERRER = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
SIX_MONTHS = 15_768_000
EXTRA_CREDIT_FROM = 90  # below it nothing is added


def score(
    headers: Mapping[str, str], cookies: Sequence[str], body: str, *, host: str, redirected_to: str
) -> tuple[int, dict[str, int]]:
    """Return the score and the modifier of each test.

    `headers` by lower-case name; `cookies`: each Set-Cookie line; `redirected_to`: where plain http leads.
    """
    directives = parse_csp(headers.get("content-security-policy", ""))
    found = {
        "csp": _csp(directives),
        "cookies": min((_cookie(line) for line in cookies), default=0),
        "cors": _cors(headers),
        "redirection": 0 if redirected_to.startswith(f"https://{host}/") else -20,
        "referrer": _referrer(headers.get("referrer-policy")),
        "hsts": _hsts(headers.get("strict-transport-security", "")),
        "scripts": _scripts(body),
        "nosniff": 0 if headers.get("x-content-type-options") == "nosniff" else -5,
        "framing": _framing(directives, headers.get("x-frame-options", "")),
        "corp": 10 if headers.get("cross-origin-resource-policy") in {"same-origin", "same-site"} else 0,
    }
    base = 100 + sum(value for value in found.values() if value < 0)
    extra = sum(value for value in found.values() if value > 0)
    return max(0, base + (extra if base >= EXTRA_CREDIT_FROM else 0)), found


def parse_csp(text: str) -> dict[str, set[str]]:
    """Return the sources of each directive; the first of two that are the same counts."""
    found: dict[str, set[str]] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, *sources = part.lower().split()
        found.setdefault(name, set(sources))
    return found


def _csp(csp: Mapping[str, set[str]]) -> int:
    if not csp:
        return -25
    default = csp.get("default-src", {"*"})
    script, objects, style = (csp.get(name, default) for name in ("script-src", "object-src", "style-src"))
    passive = csp.get("img-src", default) | csp.get("media-src", default)
    active = set().union(*(value for name, value in csp.items() if name not in {"img-src", "media-src"}))
    for worst, points in (
        (script & (BROAD | INLINE) or objects & BROAD, -20),
        (_insecure(active), -20),
        ("'unsafe-eval'" in script | style, -10),
        (_insecure(passive), -10),
        (style & (BROAD | INLINE), 0),
        (csp.get("default-src") == {"'none'"}, 10),
    ):
        if worst:
            return points
    return 5


def _insecure(sources: set[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)


def _cookie(line: str) -> int:
    name, *flags = (part.strip().lower() for part in line.split(";"))
    values = dict(flag.partition("=")[::2] for flag in flags)
    is_session = re.search(r"sess|login|csrf", name.partition("=")[0]) is not None
    if "secure" not in values:
        return -40 if is_session else -20
    if is_session and "httponly" not in values:
        return -30
    if "samesite" not in values:
        return -20 if "csrf" in name else 0
    return 5 if values["samesite"] in {"strict", "lax"} else -20


def _cors(headers: Mapping[str, str]) -> int:
    return -50 if headers.get("access-control-allow-credentials") == "true" else 0


def _referrer(policy: str | None) -> int:
    if policy is None:
        return 0
    return 5 if {part.strip() for part in policy.split(",")} <= PRIVATE_REFERRER else -5


def _hsts(text: str) -> int:
    age = re.search(r"max-age=(\d+)", text)
    if not age:
        return -20
    return 0 if int(age[1]) >= SIX_MONTHS else -10  # in the browsers' list it would be 5: not for a new name


def _scripts(body: str) -> int:
    """Scripts of our own need no hash; of others, none is right."""
    sources = re.findall(r"<script[^>]*\ssrc=[\"']?([^\"'\s>]+)", body, re.I)
    return -50 if any(re.match(r"(https?:)?//", source, re.I) for source in sources) else 0


def _framing(csp: Mapping[str, set[str]], header: str) -> int:
    if "frame-ancestors" in csp and not csp["frame-ancestors"] & BROAD:
        return 5
    return 0 if header.upper() in {"DENY", "SAMEORIGIN"} else -20
