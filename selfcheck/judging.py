"""What the rules find in visits: each judge takes one visit and yields breaches with their evidence.

A breach is tied to something that acts: a control, a field, an overlay, a permission, a request, a cookie,
or a sentence that itself asks for something. A mere mention is none.
"""

from selfcheck import judging_answers, judging_phone, judging_prompts, judging_traffic, judging_way
from selfcheck.breaches import Context, Finding
from selfcheck.visit import Visit

JUDGES = tuple(
    function
    for subject in (judging_way, judging_phone, judging_prompts, judging_traffic, judging_answers)
    for function in subject.judge
)


def findings(visit: Visit, context: Context) -> list[Finding]:
    """Return every breach in a visit, each once."""
    found = {
        Finding(rule, what, evidence, visit.phone)
        for function in JUDGES
        for rule, what, evidence in function(visit, context)
    }
    return sorted(found)
