"""The WSGI application that the server runs."""

import os
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.web_settings")
application: Any = get_wsgi_application()

if "driver" in settings.SURFACES:
    from config.replay import Replay
    from driver.page_cache import STAMP

    application = Replay(application, STAMP)
