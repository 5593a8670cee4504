from django.apps import AppConfig


class Config(AppConfig):
    name = "members"

    def ready(self) -> None:
        from members import remarks, sealed, work  # noqa: F401 - register the public line, columns and jobs
