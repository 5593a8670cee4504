"""The report of one page: a page with the verdict, then annexes; as HTML and, printed by Chromium, as PDF."""

import base64
import hashlib
import platform
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string

from selfcheck.browser import SHARED, chromium
from selfcheck.checking import Checked, in_thread
from selfcheck.hosts import Lists
from selfcheck.phones import PHONES
from selfcheck.purity_rules import RULES, VERSION
from selfcheck.verdicts import dump
from selfcheck.visit import Phase

CANNOT_SEE = (
    "服务器日志、数据库和内部传输：页面之后发生的事，自查看不到。",
    "微信、支付宝应用自身的行为：这里只模拟其浏览器标识和接口，不是真机。",
    "收银台之后的页面，例如支付完成页上的广告。",
    "只对特定人群、时段、地区投放的内容：自查只在一个时间、一个网络出口看一次。",
    "查询限频：自查只查两次，不做枚举，因此不知道多次查询是否会被拦下。",
)
PHASES = {Phase.ARRIVE: "打开", Phase.TYPE: "输入", Phase.SUBMIT: "查费", Phase.PAY: "支付"}


@dataclass(frozen=True)
class About:
    """Who tested, when, with what."""

    by: str
    at: datetime
    versions: dict[str, str]


def versions(lists: Lists, axe: bool) -> dict[str, str]:
    """Return the versions of everything that a result depends on."""
    from importlib.metadata import PackageNotFoundError, version

    told = {
        "rules": VERSION,
        "python": platform.python_version(),
        **{f"list {k}": v for k, v in lists.versions.items()},
    }
    if SHARED:
        told["chromium"] = SHARED[0].version
    for name in ("playwright", *(("axe-playwright-python",) if axe else ())):
        try:
            told[name] = version(name)
        except PackageNotFoundError:
            continue
    return told


def write_report(
    folder: Path, checked: Checked, about: About, *, declaration: dict[str, Any] | None = None
) -> Path:
    """Write result.json, about.json, report.html and report.pdf beside the evidence."""
    evidence = sorted((folder / "evidence").glob("*")) if (folder / "evidence").is_dir() else []
    document = checked.document | ({"declaration": declaration} if declaration else {})
    (folder / "result.json").write_text(dump(document), encoding="utf-8")
    files = [(path.name, _digest(path)) for path in (folder / "result.json", *evidence)]
    told: dict[str, Any] = {
        "by": about.by,
        "at": about.at.isoformat(),
        "versions": about.versions,
        "sha256": dict(files),
    }
    told["measured"] = [{"phone": v.phone, "seconds": v.seconds, **v.sizes} for v in checked.visits]
    (folder / "about.json").write_text(dump(told), encoding="utf-8")
    html = _html(checked, about, files, evidence, declaration)
    path = folder / "report.html"
    path.write_text(html, encoding="utf-8")
    (folder / "report.pdf").write_bytes(print_pdf(html))
    return path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _html(
    checked: Checked, about: About, files: list[tuple[str, str]], evidence: list[Path], declaration: Any
) -> str:
    outcome = checked.outcome
    by_rule: dict[str, list[Any]] = {}
    for finding in outcome.findings:
        by_rule.setdefault(finding.rule, []).append({"row": finding, "phones": _phones(finding.phone)})
    rules = [{"rule": rule, "found": by_rule.get(rule.id, [])} for rule in RULES]
    context = {
        "outcome": outcome,
        "unseen": outcome.unseen_words(),
        "broken": [row for row in rules if row["found"]],
        "rules": rules,
        "visits": [_visit(visit) for visit in checked.visits],
        "about": about,
        "versions": sorted(about.versions.items()),
        "files": files,
        "shots": [_shot(path) for path in evidence if path.suffix == ".png"],
        "cannot_see": CANNOT_SEE,
        "declaration": declaration,
    }
    return render_to_string("selfcheck/report.html", context)


def _phones(names: str) -> str:
    return "、".join(PHONES[name].zh if name in PHONES else name for name in names.split("、"))


def _visit(visit: Any) -> dict[str, Any]:
    others = sorted({request.url for request in visit.requests if request.third and not request.main})
    return {
        "phone": _phones(visit.phone),
        "visit": visit,
        "others": others,
        "requests": len(visit.requests),
        "kilobytes": visit.sizes.get("bytes", 0) // 1024,
        "phases": "、".join(PHASES[phase] for phase in Phase if phase in visit.screens),
    }


def _shot(path: Path) -> dict[str, str]:
    phone, _, phase = path.stem.rpartition("-")
    data = base64.b64encode(path.read_bytes()).decode()
    return {"phone": _phones(phone), "phase": PHASES.get(Phase(phase), phase), "data": data}


def print_pdf(html: str) -> bytes:
    """Print a page of ours, scripts off and no network."""

    async def work() -> bytes:
        async with chromium() as browser:
            context = await browser.new_context(java_script_enabled=False, offline=True)
            page = await context.new_page()
            await page.set_content(html, wait_until="load")
            return await page.pdf(format="A4", print_background=True, prefer_css_page_size=True)

    return in_thread(work)
