"""What the rules find sent, left behind and unprotected (P6, P7, P8, P10)."""

import re

from selfcheck.breaches import Breaches, Context, Judges, before_pay
from selfcheck.cashiers import cashier_at, may_be_cashier
from selfcheck.sites import host_of, scheme_of, site_of
from selfcheck.visit import BEFORE_SUBMIT, Phase, Request, Visit

judge = Judges()


@judge
def no_third_party(visit: Visit, context: Context) -> Breaches:
    for request in visit.requests:
        if request.kind == "pieces":
            continue
        if request.phase is Phase.PAY and _of_cashier(request.url, visit):
            continue  # embedded after pay was pressed
        if request.third and not request.main:  # the page itself being replaced is P1's and P5d's
            what = {"websocket": "向第三方建立长连接", "connection": "预先连接第三方"}.get(
                request.kind, "请求第三方"
            )
            whose = context.whose(request.url, request.kind)
            yield "P6", f"{what} {host_of(request.url)}{whose}", f"{request.kind} {request.url}"
        elif request.cname and (owner := context.lists.owner(request.cname)):
            what = f"以本站域名伪装的第三方：实为 {owner.name}"
            yield "P6", what, f"{host_of(request.url)} → {request.cname}"


def _of_cashier(url: str, visit: Visit) -> bool:
    """Return whether an address is of the cashier that was reached, or of the unknown one that a person judges."""
    if visit.cashier and cashier_at(url, (visit.cashier,)):
        return True
    return bool(visit.cashier_unknown) and host_of(url) == visit.cashier_unknown


@judge
def nothing_is_reported_elsewhere(visit: Visit, context: Context) -> Breaches:
    """A header may have the browser report to another site what happens on the page."""
    for name in ("content-security-policy", "content-security-policy-report-only", *_REPORTING):
        value = visit.headers.get(name, "")
        part = value if name in _REPORTING else "".join(re.findall(r"report-uri[^;]*", value))
        for url in re.findall(r"https?://[^\s\"'>,;]+", part):
            if site_of(url) != site_of(visit.url):
                yield "P6", f"让浏览器向第三方 {host_of(url)} 报告{context.whose(url)}", name


_REPORTING = ("reporting-endpoints", "report-to")


@judge
def no_other_transport(visit: Visit, context: Context) -> Breaches:
    for call in visit.calls:
        if call.name == "transport" and site_of(call.detail) != site_of(visit.url):
            yield "P6", f"向第三方建立长连接 {host_of(call.detail)}{context.whose(call.detail)}", call.detail


@judge
def no_connection_hinted(visit: Visit, context: Context) -> Breaches:
    seen = {host_of(request.url) for request in visit.requests}
    for screen in before_pay(visit):
        for url in screen.hints:
            if host_of(url) not in seen and not may_be_cashier(url) and not cashier_at(url):
                yield "P6", f"预先连接或回报第三方 {host_of(url)}{context.whose(url)}", f"<link> {url}"


_LASTING = {"localStorage", "indexedDB", "cache", "files", "ETag", "file bytes"}


@judge
def nothing_is_left(visit: Visit, _context: Context) -> Breaches:
    for row in visit.stored:
        if row.phase is Phase.PAY or row.where in {"window.name", "history.state"}:
            continue
        evidence = f"{row.where} {row.name}，由 {row.by} 写入"
        if row.where == "worker":  # it lasts, but a script alone tells nobody apart
            yield "P7b", "注册了常驻脚本（Service Worker）", evidence
            continue
        if row.where == "cached files":  # as the server gives them to everybody
            yield "P7b", "把网页自己的文件存进了缓存", evidence
            continue
        if row.where in _LASTING or row.third or row.hours >= 1:
            days = (
                f"，{round(row.hours / 24)} 天"
                if row.hours >= 24
                else f"，{row.hours} 小时"
                if row.hours
                else ""
            )
            third = "（第三方）" if row.third else ""
            yield "P7a", f"浏览器里留下 {row.where}{days}{third}", evidence
        else:
            yield "P7b", f"使用会话 {row.where}", evidence


@judge
def plate_stays_here(visit: Visit, context: Context) -> Breaches:
    for form, url in visit.addresses:
        yield "P8a", "车牌出现在网址中", f"{form} {url}"
    for request in visit.requests:
        in_address = sorted(form for form in request.plate if form.startswith(("url:", "referer:")))
        forms = "、".join(request.plate)
        if request.plate and (request.third or (request.cname and context.lists.owner(request.cname))):
            yield "P8b", f"车牌发给第三方 {host_of(request.url)}", f"{forms} {request.url}"
        if in_address and not request.third and request.phase is not Phase.TYPE:
            yield "P8a", "车牌出现在网址或 Referer 中", f"{'、'.join(in_address)} {request.url}"
        if (
            request.phase in BEFORE_SUBMIT
            and request.plate
            and not (request.third or _is_a_key(request, visit))
        ):
            yield "P8c", "车牌没输完就被发送", f"{forms} {request.url}"
    for row in visit.stored:
        if row.plate:
            yield "P8c", "车牌被写入浏览器存储", f"{row.where} {row.name}"


def sent_unread(visit: Visit) -> str:
    """Return the other site that may have got the plate in a form that nobody can read; or nothing.

    It got something unreadable once the plate was complete, or a frame of it stood on the page, to which scripts can
    pass anything.
    """
    for request in visit.requests:
        if not request.third or request.main or cashier_at(request.url) or _of_cashier(request.url, visit):
            continue
        framed = request.kind in {"document", "iframe"}
        if framed or (request.unreadable and request.phase in {Phase.SUBMIT, Phase.PAY}):
            return host_of(request.url)
    return ""


def _is_a_key(request: Request, visit: Visit) -> bool:
    """Return whether a request loads the page again for one key of its own keyboard: without scripts there is no other way."""
    in_body = bool(request.plate) and all(form.startswith("body:") for form in request.plate)
    return visit.typed_by == "keys" and request.main and request.method == "POST" and in_body


@judge
def protected(visit: Visit, _context: Context) -> Breaches:
    if visit.in_clear:
        yield "P10a", "页面未使用 HTTPS", visit.url
    yield from _asked_in_clear(visit)
    for name, url, sure in visit.secrets:
        if sure:
            yield "P10a", "网页把经营者的密钥发给每一部手机", f"{name} {url}"
    for url in {url for screen in before_pay(visit) for url in screen.clear}:
        yield "P10a", "表单发往明文地址", url
    headers = visit.headers
    if not headers:
        return
    policy = headers.get("content-security-policy", "")
    wanted = {
        "Content-Security-Policy": bool(policy),
        "X-Content-Type-Options": headers.get("x-content-type-options") == "nosniff",
        "Referrer-Policy": headers.get("referrer-policy", "")
        not in {"", "unsafe-url", "no-referrer-when-downgrade"},
        "frame-ancestors": "frame-ancestors" in policy or "x-frame-options" in headers,
    }
    if visit.url.startswith("https:"):
        wanted["Strict-Transport-Security"] = "strict-transport-security" in headers
    if missing := [name for name, there in wanted.items() if not there]:
        yield "P10b", "缺少安全响应头", "、".join(missing)
    if visit.answer_headers and "no-store" not in visit.answer_headers.get("cache-control", ""):
        yield "P10b", "车牌查询结果可能被缓存", visit.answer_headers.get("cache-control", "(none)")


def _asked_in_clear(visit: Visit) -> Breaches:
    if not visit.url.startswith("https:"):
        return
    for request in visit.requests:
        if scheme_of(request.url) not in {"http", "ws"}:
            continue
        if not request.third:
            yield "P10a", "页面请求了明文地址", request.url
        elif request.main and request.phase in {Phase.SUBMIT, Phase.PAY}:
            yield "P10a", "转到明文的支付页", request.url
