"""What shows a fee, its style and script, which the first page fetches while the driver types."""

from functools import lru_cache

from django.http import HttpRequest, HttpResponse

from driver.driver_view import driver_view
from presentation.respond import Kept, kept


@driver_view("GET", "HEAD")
def fee_assets(request: HttpRequest) -> HttpResponse:
    """Return the style and script as HTML; the policy of the first page allows both by their hash."""
    return _assets().answer(request)


@lru_cache(maxsize=1)
def _assets() -> Kept:
    return kept("fee_assets.html", {})
