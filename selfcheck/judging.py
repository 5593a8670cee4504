"""What the rules find in visits: each judge takes one visit and yields breaches with their evidence.

A breach is tied to something that acts: a control, a field, an overlay, a permission, a request, a cookie,
or a sentence that itself asks for something. A mere mention is none.
"""

from dataclasses import replace

from selfcheck import judging_answers, judging_phone, judging_prompts, judging_traffic, judging_way
from selfcheck.breaches import Context, Finding
from selfcheck.visit import BEFORE_SUBMIT, Phase, Screen, Visit

JUDGES = tuple(
    function
    for subject in (judging_way, judging_phone, judging_prompts, judging_traffic, judging_answers)
    for function in subject.judge
)


ASKED_AGAIN = {"P3", "P5a", "P5c", "P12d"}  # what a page may ask or show only when a plate is looked up later


def findings(visit: Visit, context: Context) -> list[Finding]:
    """Return every breach in a visit, each once."""
    found = {
        Finding(rule, what, evidence, visit.phone)
        for one in (visit, *_looked_up_later(visit))
        for function in JUDGES
        for rule, what, evidence in function(one, context)
        if one is visit or rule in ASKED_AGAIN
    }
    return sorted(found)


def _looked_up_later(visit: Visit) -> list[Visit]:
    """Return the visit as it would be if each later answer were the only one."""
    arrived = [screen for screen in visit.screens if screen.phase in BEFORE_SUBMIT]
    return [
        replace(visit, screens=[*arrived, _as_answer(s)], asked_again=[], later=[]) for s in visit.asked_again
    ]


def _as_answer(screen: Screen) -> Screen:
    """Return a later answer; what lies over it with words alone may be about to go, and nothing waits for that."""
    acting = tuple(o for o in screen.overlays if o.controls or o.pictures or o.fields or o.frame)
    return replace(screen, phase=Phase.SUBMIT, moment="looked up again", overlays=acting)
