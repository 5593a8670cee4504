"""Who may see which shop in the console: staff each of their lots, a shop's own account its own alone."""

from django.db.models import QuerySet
from django.http import HttpRequest

from payments.coupons.coupon_models import Shop
from staff.access import access, allowed
from staff.models import Role

sees_shops = allowed("shops.see")  # the list of all shops and what they owe
hands_out = allowed("coupons.issue")  # one shop's page: hand out, take back, its own list and sums


def shops_of(request: HttpRequest) -> QuerySet[Shop]:
    """Return the shops that this person may act for."""
    person = access(request)
    shops = person.within(Shop.objects.select_related("lot__operator")).order_by("lot__name", "name")
    if person.roles() == {Role.SHOP}:
        return shops.filter(clerks=person.user)
    return shops
