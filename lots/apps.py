from django.apps import AppConfig
from django.utils.translation import gettext

from lots.signs import sign_messages


class Config(AppConfig):
    name = "lots"
    JOBS = ("lots.lot_jobs",)

    def ready(self) -> None:
        sign_messages.translate = gettext
