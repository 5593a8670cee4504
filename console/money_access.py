"""What of the money a person sees in the console where a row names no lot."""

from django.db.models import Q, QuerySet

from lots.models import Lot
from payments.models import Discrepancy
from staff.access import Access


def discrepancies_of(person: Access) -> QuerySet[Discrepancy]:
    """Return the open ones of their lots; one of no known lot is for who may see every lot of the site."""
    mine = person.lots()
    seen = Q(lot__in=mine.values("pk"))
    if not Lot.objects.exclude(pk__in=mine.values("pk")).exists():
        seen |= Q(lot=None)
    return Discrepancy.objects.filter(seen, resolved_at=None)
