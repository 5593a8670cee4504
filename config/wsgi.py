"""The WSGI application that the server runs."""

import os
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config import slow_clients
from core import schema_gate
from core.client_networks import client_from

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["PURECODE_PROCESS"] = "web"
_application: Any = get_wsgi_application()

if settings.LOGGING["level"] != "DEBUG":  # then each request is logged, by Django's middleware
    from config.hot_requests import HotRequests

    _application = HotRequests(_application)
if "driver" in settings.SURFACES:
    from config.replay import Replay
    from driver.page_cache import STAMP

    _application = Replay(_application, STAMP)


def _client(environ: dict[str, Any]) -> str:
    from presentation.guard import client_in  # its models need the settings

    return client_from(client_in(environ)).name


application = slow_clients.limited(_application, client_of=_client)
schema_gate.check()
