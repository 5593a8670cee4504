"""What the rules find in visits: each judge takes one visit and yields breaches with their evidence.

A breach is tied to something that acts: a control, a field, an overlay, a permission, a request, a cookie,
or a sentence that itself asks for something. A mere mention is none.
"""

from dataclasses import replace

from selfcheck import judging_answers, judging_phone, judging_prompts, judging_traffic, judging_way
from selfcheck.breaches import Context, Finding
from selfcheck.visit import BEFORE_SUBMIT, Phase, Visit

JUDGES = tuple(
    function
    for subject in (judging_way, judging_phone, judging_prompts, judging_traffic, judging_answers)
    for function in subject.judge
)


ASKED_AGAIN = {"P3", "P5a", "P5c", "P12d"}  # what a page may ask or show only of a plate that is corrected


def findings(visit: Visit, context: Context) -> list[Finding]:
    """Return every breach in a visit, each once."""
    found = {
        Finding(rule, what, evidence, visit.phone)
        for one in (visit, *_corrected(visit))
        for function in JUDGES
        for rule, what, evidence in function(one, context)
        if one is visit or rule in ASKED_AGAIN
    }
    return sorted(found)


def _corrected(visit: Visit) -> list[Visit]:
    """Return the visit as it would be if the answer to the corrected plate were the only one."""
    if visit.corrected is None:
        return []
    arrived = [screen for screen in visit.screens if screen.phase in BEFORE_SUBMIT]
    # What has words alone may be about to go by itself, as at the first look-up: here nothing waits for that.
    acting = tuple(o for o in visit.corrected.overlays if o.controls or o.pictures or o.fields or o.frame)
    answer = replace(visit.corrected, phase=Phase.SUBMIT, moment="looked up again", overlays=acting)
    return [replace(visit, screens=[*arrived, answer], corrected=None)]
