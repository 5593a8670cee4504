"""The WSGI application that the server runs."""

import multiprocessing
import os
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.template import engines
from django.urls import get_resolver

from config import content_types, slow_clients
from core import database, schema_gate


def _end_server() -> None:
    """End the server that started this process: it would start it again and again, and seem to run."""
    if (server := multiprocessing.parent_process()) and server.pid:
        os.kill(server.pid, signal.SIGTERM)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["PURECODE_PROCESS"] = "web"
try:
    _application: Any = get_wsgi_application()
except ImproperlyConfigured as error:  # in the log one line, as manage.py writes it, and no traceback
    _end_server()
    sys.exit(str(error))

database.use_plain_thread_locals()
if settings.LOGGING["level"] != "DEBUG":  # then each request is logged, by Django's middleware
    from config.hot_requests import HotRequests

    _application = HotRequests(_application)
if "driver" in settings.SURFACES:
    from config.replay import PageReplay
    from driver.page_cache import STAMP

    _application = PageReplay(_application, STAMP)

# Before the server listens: else the first requests of a process wait a second for its imports.
_ = get_resolver().url_patterns, engines["django"]

_application = content_types.plain_types(_application)
application = slow_clients.limited(_application, behind_proxy=bool(settings.TRUSTED_PROXIES))
try:
    schema_gate.check()
except SystemExit:
    _end_server()
    raise
