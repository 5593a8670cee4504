"""Whose address it is: the registrable site of a host, and an address without what differs each time.

No Django.
"""

import ipaddress
import re
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

# Suffixes under which anybody can register: those that a Chinese parking page meets.
_SECOND = {
    *("com.cn", "net.cn", "org.cn", "gov.cn", "edu.cn", "ac.cn", "com.hk", "com.tw", "com.mo", "org.hk"),
    *("co.uk", "com.sg", "com.au", "co.jp", "co.kr", "github.io", "gitee.io", "pages.dev", "vercel.app"),
    *("bj.cn", "sh.cn", "tj.cn", "cq.cn", "he.cn", "sx.cn", "nm.cn", "ln.cn", "jl.cn", "hl.cn", "js.cn"),
    *("zj.cn", "ah.cn", "fj.cn", "jx.cn", "sd.cn", "ha.cn", "hb.cn", "hn.cn", "gd.cn", "gx.cn", "hi.cn"),
    *("sc.cn", "gz.cn", "yn.cn", "xz.cn", "sn.cn", "gs.cn", "qh.cn", "nx.cn", "xj.cn"),
    *("hk.cn", "mo.cn", "tw.cn"),
}  # fmt: skip
_TOKEN = re.compile(r"(?=[^/?#&=]*\d)[A-Za-z0-9_%.~+-]{16,}")


def _split(url: str) -> SplitResult:
    """Return the parts of an address; of one that is none, a path alone. Pages hold any text as a link."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def site_of(url: str) -> str:
    """Return the registrable domain of an address; of an IP address or localhost, host and port."""
    parts = _split(url if "//" in url else f"//{url}")
    host = (parts.hostname or "").rstrip(".").lower()
    if is_address(host) or "." not in host:
        return _netloc(url)
    labels = host.split(".")
    take = 3 if ".".join(labels[-2:]) in _SECOND else 2
    return ".".join(labels[-take:])


def _netloc(url: str) -> str:
    parts = _split(url if "//" in url else f"//{url}")
    return parts.netloc.rpartition("@")[2].lower()


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def host_of(url: str) -> str:
    return (_split(url).hostname or "").lower()


def path_of(url: str) -> str:
    return _split(url).path


def scheme_of(url: str) -> str:
    return url.partition(":")[0].lower()


def scheme_named(location: str) -> str:
    """Return the scheme that a redirect names; nothing if it stays with that of the page."""
    named = re.match(r"([a-z][a-z0-9+.-]*):", location.strip(), re.IGNORECASE)
    return named[1].lower() if named else ""


def tidy(url: str, hide: tuple[str, ...] = ()) -> str:
    """Return an address that is the same on each visit: tokens become `…`, query values go."""
    parts = _split(url)
    if not parts.netloc:
        return _masked(url.partition("?")[0], hide)[:120]
    names = sorted({quote(name, safe="") for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    path = _TOKEN.sub("…", _masked(unquote(parts.path), hide))
    return _masked(f"{parts.scheme}://{parts.netloc}{path}{'?' + '&'.join(names) if names else ''}", hide)[
        :200
    ]


def _masked(text: str, hide: tuple[str, ...]) -> str:
    for word in hide:
        text = text.replace(word, "〈plate〉")
    return text


_PUBLIC = re.compile(r"(?:^|\.)gov\.cn$|^www\.12377\.cn$")


def is_public(url: str) -> bool:
    """Return whether an address belongs to the state, like that of a site's legally required registration."""
    return bool(_PUBLIC.search(host_of(url)))
