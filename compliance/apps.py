from django.apps import AppConfig


class Config(AppConfig):
    name = "compliance"

    def ready(self) -> None:
        from compliance import pages, work  # noqa: F401 - register their notice and jobs
