from django.apps import AppConfig


class Config(AppConfig):
    name = "operations"

    def ready(self) -> None:
        from operations import work  # noqa: F401 - registers its jobs
