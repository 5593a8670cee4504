"""Who may see which channel bill: a bill is of a merchant, and a merchant may take the money of many lots.

Whoever sees a bill sees all of its rows, so they must be allowed in every lot whose money it takes; one that
names no lots may take anybody's.
"""

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from lots.models import Lot
from payments.models.day_closing import BillRun
from staff.access import access


def bills_of(request: HttpRequest) -> QuerySet[BillRun]:
    """Return the bills that this person may see whole."""
    mine = set(access(request).lots().values_list("slug", flat=True))
    if mine.issuperset(Lot.objects.values_list("slug", flat=True)):
        return BillRun.objects.all()
    seen = Q(pk__in=[])
    for merchant in settings.MERCHANTS:
        if merchant.lots and mine.issuperset(merchant.lots):
            seen |= Q(provider=merchant.provider, merchant=merchant.name)
    return BillRun.objects.filter(seen)
