"""From visits to a verdict, to JSON that is the same for the same page, and to what got worse (回潮).

Each rule ends in one of three states: breached (with evidence), kept (with what was done to test it), or not
tested (with the reason). A page is pure only if every rule that matters was tested and kept.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from selfcheck.breaches import Context, Finding
from selfcheck.cashiers import cashier_at
from selfcheck.coverage import not_tested, what_was_done
from selfcheck.judging import findings
from selfcheck.judging_answers import deadline_begins_anew
from selfcheck.judging_way import no_page, out_of_service
from selfcheck.purity_rules import BY_ID, ORDER, RULES, VERSION, Severity
from selfcheck.purity_verdict import PurityVerdict
from selfcheck.visit import Phase, Request, Visit

FORMAT = 2  # of the JSON


UNJUDGED = {PurityVerdict.PARTIAL, PurityVerdict.UNKNOWN}  # neither better nor worse than anything


class State(StrEnum):
    BREACHED = "breached"
    KEPT = "kept"
    NOT_TESTED = "not_tested"

    @property
    def zh(self) -> str:
        return {"breached": "违反", "kept": "已测，未见违反", "not_tested": "未测"}[self.value]


@dataclass(frozen=True)
class Result:
    """What became of one rule: its state, and why or by what (in Chinese)."""

    rule: str
    state: State
    note: str = ""


@dataclass(frozen=True)
class PageOutcome:
    """What a test of one page says."""

    url: str
    verdict: PurityVerdict
    why: tuple[str, ...]  # why it could not be judged
    findings: tuple[Finding, ...]
    results: tuple[Result, ...]  # one for each rule, in order
    phones: tuple[str, ...]

    @property
    def breached(self) -> tuple[str, ...]:
        return tuple(sorted({finding.rule for finding in self.findings}, key=ORDER.__getitem__))

    @property
    def untested(self) -> tuple[Result, ...]:
        """Return the rules that matter and were not tested."""
        return tuple(
            row
            for row in self.results
            if row.state is State.NOT_TESTED and BY_ID[row.rule].severity is Severity.FAIL
        )

    def untested_reasons(self) -> list[str]:
        """Return each reason once, with the rules it holds for."""
        reasons: dict[str, list[str]] = {}
        for row in self.results:
            if row.state is State.NOT_TESTED:
                reasons.setdefault(row.note, []).append(row.rule)
        return [f"{'、'.join(rules)} 未测：{note}" for note, rules in reasons.items()]

    @property
    def headline(self) -> str:
        return self.verdict.zh


def conclude(url: str, visits: Sequence[Visit], context: Context) -> PageOutcome:
    """Judge all visits of one page together."""
    found = tuple(merged(_found(visits, context)))
    results = tuple(results_of(found, visits, context))
    failed = any(BY_ID[finding.rule].severity is Severity.FAIL for finding in found)
    scripted = any(visit.scripts for visit in visits)
    why = tuple(sorted({reason for visit in visits for reason in _why_unknown(visit, scripted)}))
    outcome = PageOutcome(
        url, PurityVerdict.NOT_PURE, why, found, results, tuple(visit.phone for visit in visits)
    )
    if failed:
        return outcome
    if why or not visits:
        return replace(outcome, verdict=PurityVerdict.UNKNOWN)
    if outcome.untested:
        return replace(outcome, verdict=PurityVerdict.PARTIAL)
    return replace(outcome, verdict=PurityVerdict.REMARKS if found else PurityVerdict.PURE)


def _found(visits: Sequence[Visit], context: Context) -> Iterable[Finding]:
    """Return all findings; what only a phone without scripts does with the plate is a remark on that phone.

    A form that scripts send by POST may be sent by GET where none run: no app around a page is without them.
    """
    scripted = any(visit.scripts and visit.typed_by for visit in visits)
    found = [(visit, finding) for visit in visits for finding in findings(visit, context)]
    general = {finding.rule for visit, finding in found if visit.scripts}
    for visit, finding in found:
        if scripted and not visit.scripts and finding.rule == "P8a" and "P8a" not in general:
            finding = replace(finding, rule="P13b", what=f"关闭脚本后{finding.what}")
        yield finding
    if clause := deadline_begins_anew(visits):
        yield Finding("P12e", "涨价的倒计时每次查费都重新开始", clause)


def results_of(found: Sequence[Finding], visits: Sequence[Visit], context: Context) -> list[Result]:
    """Return the state of each rule, in order."""
    breached = {finding.rule for finding in found}
    rows = []
    for rule in RULES:
        if rule.id in breached:
            rows.append(Result(rule.id, State.BREACHED))
            continue
        missing = not_tested(rule.id, visits, context)
        state = State.NOT_TESTED if missing else State.KEPT
        rows.append(Result(rule.id, state, missing or what_was_done(rule.id, visits)))
    return rows


def merged(found: Iterable[Finding]) -> list[Finding]:
    """Return findings that differ only by the phone as one, which names the phones."""
    phones: dict[tuple[str, str, str], list[str]] = {}
    for finding in found:
        phones.setdefault((finding.rule, finding.what, finding.evidence), []).append(finding.phone)
    rows = [Finding(*key, phone="、".join(dict.fromkeys(names))) for key, names in phones.items()]
    return sorted(rows, key=lambda row: (ORDER[row.rule], row))


def _why_unknown(visit: Visit, scripted: bool) -> list[str]:
    """Return why a visit tells nothing. Blank without scripts alone is a page that needs scripts."""
    if visit.stopped:
        return [*visit.stopped, *filter(None, [no_page(visit)])]
    if visit.status and visit.status != 200:
        return [f"HTTP {visit.status}"]
    if (visit.scripts or not scripted) and (reason := no_page(visit)):
        return [reason]
    return ["页面只提示维护或暂停服务"] if out_of_service(visit) else []


def as_json(outcome: PageOutcome, visits: Sequence[Visit]) -> dict[str, Any]:
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
        "untested": outcome.untested_reasons(),
        "rules": [
            {
                "id": row.rule,
                "severity": BY_ID[row.rule].severity.value,
                "state": row.state.value,
                "note": row.note,
                "findings": by_rule.get(row.rule, []),
            }
            for row in outcome.results
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
        "third_parties": sorted({r.url.split("/")[2] for r in visit.requests if _contacted(r, visit)}),
        "stored": sorted(f"{row.where} {row.name} {row.hours}h {row.by}" for row in visit.stored),
        "calls": sorted({f"{call.phase} {call.name} {call.detail}".strip() for call in visit.calls}),
        "fields": sorted({f"{f.tag} {f.type} {f.name}" for s in visit.screens for f in s.fields}),
        "typed_by": visit.typed_by,
        "acts": visit.acts,
        "fee": visit.fee,
        "cashier": visit.cashier,
        "did": sorted(visit.did),
        "phases": [phase.value for phase in Phase if visit.last(phase)],
    }


def _contacted(request: Request, visit: Visit) -> bool:
    """Return whether a request is to another site, the cashier aside."""
    to_cashier = request.phase is Phase.PAY and request.main and bool(visit.cashier)
    return request.third and "://" in request.url and not to_cashier and not cashier_at(request.url)


def dump(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@dataclass(frozen=True)
class Change:
    """How one page differs between two runs."""

    url: str
    was: PurityVerdict
    now: PurityVerdict
    worse: tuple[str, ...]  # rules broken now that were kept
    better: tuple[str, ...]

    @property
    def relapsed(self) -> bool:
        """Whether it got worse (回潮). That less could be tested is no relapse but a reason to look."""
        judged = self.now not in UNJUDGED and self.was is not PurityVerdict.PARTIAL
        return bool(self.worse) or (judged and self.now.rank > self.was.rank)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """Return how a page's JSON differs from an earlier one."""
    was, now = _breached(before), _breached(after)
    judged = after["verdict"] != PurityVerdict.UNKNOWN
    return Change(
        after["url"],
        PurityVerdict(before["verdict"]),
        PurityVerdict(after["verdict"]),
        tuple(sorted(now - was, key=ORDER.__getitem__)) if before["verdict"] != PurityVerdict.UNKNOWN else (),
        tuple(sorted((was - now) - _untested(after), key=ORDER.__getitem__)) if judged else (),
    )


def _breached(document: Mapping[str, Any]) -> set[str]:
    return {row["id"] for row in document["rules"] if row["state"] == "breached" and row["id"] in ORDER}


def _untested(document: Mapping[str, Any]) -> set[str]:
    return {row["id"] for row in document["rules"] if row["state"] == "not_tested"}
