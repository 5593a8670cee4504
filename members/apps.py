from django.apps import AppConfig


class Config(AppConfig):
    name = "members"

    def ready(self) -> None:
        from members import remarks, sealed, signs, work  # noqa: F401 - register line, columns, list, jobs
