"""The console's papers for an inspector (检查材料): one PDF of one operator, and who made which."""

import hashlib

import structlog
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime, now
from django.views.decorators.http import require_POST, require_safe

from compliance import operator_set
from compliance.inspection_pdf import OPERATOR_SET, papers_pdf
from compliance.inspection_report import collect
from compliance.models import Inspection
from lots.models import Operator
from lots.signs.print_errors import CannotPrint
from staff.access import access, requires

MADE = 20
audit = structlog.get_logger("audit")


@requires("compliance.see")
@require_safe
def papers(request: HttpRequest) -> HttpResponse:
    """Show each operator, to make its inspection report, and the reports made lately."""
    mine = access(request)
    counts = mine.lots().order_by().values("operator").annotate(count=Count("pk"))
    found = {row["operator"]: row["count"] for row in counts}
    operators = list(Operator.objects.filter(pk__in=found).order_by("legal_name"))
    for operator in operators:
        operator.count = found[operator.pk]  # type: ignore[attr-defined]
    made = Inspection.objects.filter(operator__in=mine.operators()).select_related("operator", "by")
    context = {"operators": operators, "made": made.order_by("-pk")[:MADE]}
    return render(request, "console/compliance/papers.html", context)


@requires("compliance.see")
@require_POST
def make(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the papers of the lots of this operator that one may see, and put that on record."""
    return _made(request, pk, Inspection.Kind.PAPERS)


@requires("compliance.see")
@require_POST
def make_set(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the operator's compliance set for these lots, and put that on record."""
    return _made(request, pk, Inspection.Kind.SET)


def _made(request: HttpRequest, pk: int, kind: Inspection.Kind) -> HttpResponse:
    lots = list(access(request).lots().filter(operator=pk).select_related("operator").order_by("name"))
    if not lots:
        raise Http404
    at = now()
    operator = lots[0].operator
    by = request.user.get_username()
    try:
        if kind == Inspection.Kind.SET:
            pdf = papers_pdf(operator_set.collect(operator, lots, by=by, at=at), at=at, template=OPERATOR_SET)
        else:
            pdf = papers_pdf(collect(operator, lots, by=by, at=at), at=at)
    except CannotPrint as fault:  # a name has a character that no font has
        messages.error(request, str(fault))
        return redirect("console:papers")
    digest = hashlib.sha256(pdf).hexdigest()
    Inspection.objects.create(operator=operator, kind=kind, at=at, by=access(request).user, digest=digest)
    audit.info("papers_made", kind=kind.value, staff=request.user.pk, operator=operator.pk, sha256=digest)
    name = f"{kind.value}-{localtime(at):%Y%m%d-%H%M}.pdf"
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
