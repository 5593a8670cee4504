"""The report of one page: the verdict and what was found first, then annexes; as HTML and as PDF."""

import base64
import hashlib
import platform
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfcheck import cashiers, ocr
from selfcheck.breaches import MOMENTS
from selfcheck.browser import SHARED, chromium
from selfcheck.check_errors import SelfCheckError
from selfcheck.checking import Checked, in_thread
from selfcheck.hosts import Lists
from selfcheck.marked_shots import marked_shot, marks_for
from selfcheck.phones import PHONES
from selfcheck.purity_rules import BY_ID, VERSION, Severity
from selfcheck.verdicts import State, dump
from selfcheck.visit import Phase

if TYPE_CHECKING:
    from playwright.async_api import Browser

CANNOT_SEE = (
    "服务器日志、数据库和内部传输：页面之后发生的事，自查看不到。",
    "微信、支付宝应用自身的行为：这里只模拟其浏览器标识和接口，不是真机。",
    "付款后才由服务器送来的内容：自查不付款；页面在付款后还要向服务器取内容的，记为未测。",
    "只对特定人群、时段、地区投放的内容：自查只在一个时间、一个网络出口看两次。",
    "查询限频：自查只查两个车牌，不做枚举，因此不知道多次查询是否会被拦下。",
    "加盐或加密后发出的车牌：只能看到向第三方的请求，认不出其中的车牌。",
    "Web Worker 里的脚本调用：其网络请求能看到，对浏览器接口的调用看不到。",
)
PHASES = {Phase.ARRIVE: "打开", Phase.TYPE: "输入", Phase.SUBMIT: "查费", Phase.PAY: "支付"}
STATIC = {"P7a", "P8a", "P10a", "P10b", "P12a", "P12b", "P12c", "P14", "P15a"}  # read off page and headers
HERE = Path(__file__).parent


class NoTemplates(SelfCheckError):
    """Reports need the package jinja2."""

    code = "no_jinja2"


@dataclass(frozen=True)
class About:
    """Who tested, when, with what."""

    by: str
    at: datetime
    versions: dict[str, str]


def versions(lists: Lists, axe: bool) -> dict[str, str]:
    """Return the versions of everything that a result depends on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {
        "rules": VERSION,
        "cashiers": cashiers.VERSION,
        "python": platform.python_version(),
        "ocr": ocr.version(),
        **{f"list {k}": v for k, v in lists.versions.items()},
    }
    if SHARED:
        found["chromium"] = SHARED[0].version
    for name in ("playwright", "adblock", *(("axe-playwright-python",) if axe else ())):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_report(
    folder: Path, checked: Checked, about: About, *, declaration: dict[str, Any] | None = None
) -> Path:
    """Write result.json, about.json, report.html and report.pdf into the folder of the evidence."""
    html = write_page(folder, checked, about, declaration=declaration)
    (folder / "report.pdf").write_bytes(print_pdf(html))
    return folder / "report.html"


def write_page(
    folder: Path, checked: Checked, about: About, *, declaration: dict[str, Any] | None = None
) -> str:
    """Write result.json, about.json and report.html; return the report."""
    evidence = sorted(p for p in (folder / "evidence").rglob("*") if p.is_file())
    document = checked.document | ({"declaration": declaration} if declaration else {})
    (folder / "result.json").write_text(dump(document), encoding="utf-8")
    files = [(str(path.relative_to(folder)), digest(path)) for path in (folder / "result.json", *evidence)]
    facts: dict[str, Any] = {
        "by": about.by,
        "at": about.at.isoformat(),
        "versions": about.versions,
        "sha256": {Path(name).name: value for name, value in files},
    }
    facts["measured"] = [{"phone": v.phone, "seconds": v.seconds, **v.sizes} for v in checked.visits]
    (folder / "about.json").write_text(dump(facts), encoding="utf-8")
    html = render(checked, about, files, evidence, declaration)
    (folder / "report.html").write_text(html, encoding="utf-8")
    return html


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def render(
    checked: Checked, about: About, files: list[tuple[str, str]], evidence: list[Path], declaration: Any
) -> str:
    outcome = checked.outcome
    by_rule: dict[str, list[Any]] = {}
    for finding in outcome.findings:
        by_rule.setdefault(finding.rule, []).append({"row": finding, "phones": phone_names(finding.phone)})
    rules = [
        {
            "rule": BY_ID[row.rule],
            "state": row.state,
            "note": row.note,
            "found": by_rule.get(row.rule, []),
            "grave": BY_ID[row.rule].severity is Severity.FAIL,
            "method": "静态" if row.rule in STATIC else "动态",
        }
        for row in outcome.results
    ]
    shots = [shot for path in evidence if path.suffix == ".png" if (shot := _shot(path, checked))]
    context = {
        "outcome": outcome,
        "breached": [row for row in rules if row["state"] is State.BREACHED],
        "rules": rules,
        "visits": [_visit(visit) for visit in checked.visits],
        "about": about,
        "versions": sorted(about.versions.items()),
        "files": files,
        "shots": shots,
        "telling": _telling(shots),
        "cannot_see": CANNOT_SEE,
        "declaration": declaration,
    }
    return str(template("report.html").render(context))


def template(name: str) -> Any:
    """Return a template of this package; everything that it shows is escaped."""
    try:
        from jinja2 import Environment, FileSystemLoader
    except ImportError:
        raise NoTemplates("reports need the package jinja2: pip install jinja2") from None
    return Environment(loader=FileSystemLoader(HERE), autoescape=True).get_template(name)


def phone_names(names: str) -> str:
    return "、".join(PHONES[name].zh if name in PHONES else name for name in names.split("、"))


def _visit(visit: Any) -> dict[str, Any]:
    rows = [
        {
            "at": f"{request.at:.2f}",
            "method": request.method,
            "url": request.url,
            "kind": request.kind,
            "third": request.third,
            "plate": "、".join(request.plate),
        }
        for request in visit.requests
    ]
    return {
        "phone": phone_names(visit.phone),
        "visit": visit,
        "others": sum(request.third and not request.main for request in visit.requests),
        "requests": rows[:80],
        "count": len(rows),
        "kilobytes": visit.sizes.get("bytes", 0) // 1024,
        "phases": "、".join(PHASES[phase] for phase in Phase if visit.last(phase)),
    }


def _shot(path: Path, checked: Checked) -> dict[str, str] | None:
    for visit in checked.visits:
        for screen in visit.screens:
            if screen.shot == path.name:
                marks = marks_for(checked.outcome.findings, visit.phone, screen)
                picture = marked_shot(path, marks) if marks else path.read_bytes()
                return {
                    "phone": phone_names(visit.phone),
                    "phase": MOMENTS.get(screen.moment, PHASES[screen.phase]),
                    "data": base64.b64encode(picture).decode(),
                    "covered": "1" if screen.overlays else "",
                    "marked": "、".join(dict.fromkeys(rule for rule, _ in marks)),
                }
    return None


def _telling(shots: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the screenshots for the first page: of each marked rule one, or what lies over the page."""
    found: list[dict[str, str]] = []
    for shot in shots:
        known = {rule for other in found for rule in other["marked"].split("、")}
        if set(shot["marked"].split("、")) - known - {""}:
            found.append(shot)
    found = found[:3] or [shot for shot in shots if shot["covered"]][:2] or shots[:1]
    fee = [s for s in shots if s["phase"] == MOMENTS["fee"] and s not in found]
    return found + (fee[:1] if len(found) < 3 else [])


def print_pdf(html: str) -> bytes:
    """Return a page of ours as PDF."""

    async def work() -> bytes:
        async with chromium() as browser:
            return await print_with(browser, html)

    return in_thread(work)


async def print_with(browser: "Browser", html: str) -> bytes:
    """Print a page of ours with a browser that runs already: scripts off and no network."""
    context = await browser.new_context(java_script_enabled=False, offline=True)
    try:
        page = await context.new_page()
        await page.set_content(html, wait_until="load")
        return await page.pdf(format="A4", print_background=True, prefer_css_page_size=True)
    finally:
        await context.close()
