from django.apps import AppConfig


class Config(AppConfig):
    name = "compliance"

    def ready(self) -> None:
        from compliance import work  # noqa: F401 - registers its jobs
