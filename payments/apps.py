from django.apps import AppConfig


class Config(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from payments import work  # noqa: F401, PLC0415 - registers its jobs
