"""Style and script that show a fee; the first page fetches them while the driver types."""

from functools import lru_cache

from django.http import HttpRequest, HttpResponse

from driver import page_cache
from driver.driver_view import driver_view
from presentation import inline
from presentation.respond import CachedPage


@driver_view("GET", "HEAD")
def fee_assets(request: HttpRequest) -> HttpResponse:
    """Return one script that brings its style; the policy of the first page allows scripts of this site."""
    answer = fee_script(request)
    answer.replay_under = page_cache.STAMP.recent()  # type: ignore[attr-defined] # read by config.replay
    return answer


def fee_script(request: HttpRequest) -> HttpResponse:
    answer = _assets().answer(request)
    answer.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return answer


@lru_cache(maxsize=1)
def _assets() -> CachedPage:
    return CachedPage(inline.FEE_ASSETS.encode())
