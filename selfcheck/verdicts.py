"""From visits to a verdict, to JSON that is the same for the same page, and to what got worse (回潮).

No Django.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from selfcheck.judging import Context, Finding, findings
from selfcheck.purity_rules import BY_ID, ORDER, RULES, VERSION, Severity
from selfcheck.visit import Phase, Visit

FORMAT = 1  # of the JSON


class Verdict(StrEnum):
    PURE = "pure"
    REMARKS = "remarks"
    NOT_PURE = "not_pure"
    UNKNOWN = "unknown"

    @property
    def zh(self) -> str:
        return _ZH[self]

    @property
    def en(self) -> str:
        return _EN[self]

    @property
    def rank(self) -> int:
        """How bad it is; a page that could not be judged is neither better nor worse than any."""
        return _RANK[self]


_ZH = {
    Verdict.PURE: "纯净",
    Verdict.REMARKS: "纯净，有改进项",
    Verdict.NOT_PURE: "不纯净",
    Verdict.UNKNOWN: "无法判定",
}
_EN = {
    Verdict.PURE: "pure",
    Verdict.REMARKS: "pure, with remarks",
    Verdict.NOT_PURE: "not pure",
    Verdict.UNKNOWN: "could not tell",
}
_RANK = {Verdict.PURE: 0, Verdict.REMARKS: 1, Verdict.UNKNOWN: 2, Verdict.NOT_PURE: 3}
_UNSEEN = {
    "no_cashier": ("未走到收银台：测试车牌没有应缴费用", "The cashier was not reached: nothing owed"),
    "fee_known": ("测试车牌有应缴费用，未比较答复", "Absent plates were not compared: something owed"),
    "no_axe": ("未做无障碍检查", "Accessibility was not tested"),
    "no_scripts_off": ("未测关闭脚本的情形", "Not tried with scripts off"),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What a test of one page says."""

    url: str
    verdict: Verdict
    why: tuple[str, ...]  # why nothing could be told
    findings: tuple[Finding, ...]
    unseen: tuple[str, ...]  # keys of what could not be tested
    phones: tuple[str, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        return tuple(sorted({finding.rule for finding in self.findings}, key=ORDER.__getitem__))

    def unseen_words(self, english: bool = False) -> list[str]:
        return [_UNSEEN[key][english] for key in self.unseen]

    @property
    def headline(self) -> str:
        """The verdict in Chinese; one that has not seen the way to the cashier says so at once."""
        half = "no_cashier" in self.unseen and self.verdict in {Verdict.PURE, Verdict.REMARKS}
        return self.verdict.zh + ("（未走到收银台）" if half else "")


def conclude(url: str, visits: Sequence[Visit], context: Context) -> Outcome:
    """Judge all visits of one page together."""
    found = tuple(merged(finding for visit in visits for finding in findings(visit, context)))
    failed = any(BY_ID[finding.rule].severity is Severity.FAIL for finding in found)
    why = tuple(sorted({reason for visit in visits for reason in _why_unknown(visit)}))
    if failed:
        verdict = Verdict.NOT_PURE
    elif why or not visits:
        verdict = Verdict.UNKNOWN
    else:
        verdict = Verdict.REMARKS if found else Verdict.PURE
    return Outcome(url, verdict, why, found, tuple(_unseen(visits)), tuple(visit.phone for visit in visits))


def merged(found: Iterable[Finding]) -> list[Finding]:
    """Return findings that differ only by the phone as one, which names the phones."""
    phones: dict[tuple[str, str, str], list[str]] = {}
    for finding in found:
        phones.setdefault((finding.rule, finding.what, finding.evidence), []).append(finding.phone)
    rows = [Finding(*key, phone="、".join(dict.fromkeys(names))) for key, names in phones.items()]
    return sorted(rows, key=lambda row: (ORDER[row.rule], row))


def _why_unknown(visit: Visit) -> list[str]:
    if visit.stopped:
        return list(visit.stopped)
    return [f"HTTP {visit.status}"] if visit.status and visit.status != 200 else []


def _unseen(visits: Sequence[Visit]) -> list[str]:
    walked = [visit for visit in visits if visit.typed_by and visit.scripts]
    keys = []
    if walked and not any(visit.cashier for visit in walked):
        keys.append("no_cashier")
    if walked and any(visit.fee for visit in walked):
        keys.append("fee_known")
    if not any(visit.barriers is not None for visit in visits):
        keys.append("no_axe")
    if all(visit.scripts for visit in visits):
        keys.append("no_scripts_off")
    return keys


def as_json(outcome: Outcome, visits: Sequence[Visit]) -> dict[str, Any]:
    """Return what is the same each time for the same page: no clock, no size, no token."""
    by_rule: dict[str, list[dict[str, str]]] = {}
    for row in outcome.findings:
        by_rule.setdefault(row.rule, []).append(
            {"what": row.what, "evidence": row.evidence, "phones": row.phone}
        )
    return {
        "format": FORMAT,
        "rules_version": VERSION,
        "url": outcome.url,
        "verdict": outcome.verdict.value,
        "headline": outcome.headline,
        "why": list(outcome.why),
        "unseen": list(outcome.unseen),
        "rules": [
            {
                "id": rule.id,
                "severity": rule.severity.value,
                "state": "broken" if rule.id in by_rule else "kept",
                "findings": by_rule.get(rule.id, []),
            }
            for rule in RULES
        ],
        "visits": [_visit(visit) for visit in visits],
    }  # fmt: skip


def _visit(visit: Visit) -> dict[str, Any]:
    return {
        "phone": visit.phone,
        "scripts": visit.scripts,
        "url": visit.url,
        "status": visit.status,
        "hops": [vars(hop) for hop in visit.hops],
        "requests": sorted({f"{r.phase} {r.method} {r.kind} {r.url}" for r in visit.requests}),
        "third_parties": sorted({r.url.split("/")[2] for r in visit.requests if r.third and "://" in r.url}),
        "kept": sorted(f"{row.where} {row.name} {row.days}d {row.by}" for row in visit.kept),
        "calls": sorted({f"{call.phase} {call.name} {call.detail}".strip() for call in visit.calls}),
        "fields": sorted({f"{f.tag} {f.type} {f.name}" for s in visit.screens.values() for f in s.fields}),
        "typed_by": visit.typed_by,
        "acts": visit.acts,
        "fee": visit.fee,
        "cashier": visit.cashier,
        "phases": [phase.value for phase in Phase if phase in visit.screens],
    }


def dump(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@dataclass(frozen=True)
class Change:
    """How one page differs between two runs."""

    url: str
    was: Verdict
    now: Verdict
    worse: tuple[str, ...]  # rules broken now that were kept
    better: tuple[str, ...]

    @property
    def relapsed(self) -> bool:
        """Whether it got worse (回潮). That nothing could be told now is no relapse but a reason to look."""
        return bool(self.worse) or (self.now is not Verdict.UNKNOWN and self.now.rank > self.was.rank)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """Return how a page's JSON differs from an earlier one."""
    was, now = _broken(before), _broken(after)
    judged = after["verdict"] != Verdict.UNKNOWN
    return Change(
        after["url"],
        Verdict(before["verdict"]),
        Verdict(after["verdict"]),
        tuple(sorted(now - was, key=ORDER.__getitem__)) if before["verdict"] != Verdict.UNKNOWN else (),
        tuple(sorted(was - now, key=ORDER.__getitem__)) if judged else (),
    )


def _broken(document: Mapping[str, Any]) -> set[str]:
    return {row["id"] for row in document["rules"] if row["state"] == "broken" and row["id"] in ORDER}
