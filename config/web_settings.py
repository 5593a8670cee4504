"""Settings of a web process: those of the project, without the packages of surfaces that it does not serve.

`manage.py` has all of them, because migrations, checks and the worker need each table.
"""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, SURFACES

ONLY_FOR = {
    "console": ("allauth", "config.apps.ConsoleAccounts", "allauth.mfa", "django.contrib.humanize"),
    "device": ("rest_framework", "drf_spectacular", "drf_standardized_errors"),
}
_NEEDLESS = {app for surface, apps in ONLY_FOR.items() if surface not in SURFACES for app in apps}
INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in _NEEDLESS]
