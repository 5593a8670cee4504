from django.apps import AppConfig


class Config(AppConfig):
    name = "lots"

    def ready(self) -> None:
        from lots import work  # noqa: F401 - registers its jobs
