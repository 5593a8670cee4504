from django.apps import AppConfig


class Config(AppConfig):
    name = "operations"

    def ready(self) -> None:
        from operations import acts, work  # noqa: F401 - registers acts and jobs
