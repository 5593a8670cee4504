"""Who may see which shop in the console: the one place to change when a shop gets an account of its own.

Today: staff, every shop. The pages ask nothing else, and a shop that is not in `shops_of` does not exist for
them (404), so a shop's own account will see its own page and none of the others.
"""

from django.db.models import QuerySet
from django.http import HttpRequest

from lots.console.access import staff_only
from payments.coupons.models import Shop

sees_shops = staff_only  # the list of all shops and what they owe
hands_out = staff_only  # one shop's page: hand out, take back, its own list and sums


def shops_of(request: HttpRequest) -> QuerySet[Shop]:  # noqa: ARG001 - the rights of whoever asks come here
    """Return the shops that this person may act for."""
    return Shop.objects.select_related("lot__operator").order_by("lot__name", "name")
