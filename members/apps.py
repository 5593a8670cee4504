from django.apps import AppConfig


class Config(AppConfig):
    name = "members"

    def ready(self) -> None:
        from members import acts, remarks, sealed, work  # noqa: F401 - register acts, line, columns, jobs
