"""The WSGI application that the server runs."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config import slow_clients
from core import schema_gate

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["PURECODE_PROCESS"] = "web"
application = slow_clients.limited(get_wsgi_application(), behind_proxy=bool(settings.TRUSTED_PROXIES))
schema_gate.check()
