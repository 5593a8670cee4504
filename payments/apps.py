from django.apps import AppConfig


class Config(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from payments import checks, work  # noqa: F401 - register its checks and jobs
