from django.apps import AppConfig


class Config(AppConfig):
    name = "console"

    def ready(self) -> None:
        from console import money_checklist  # noqa: F401 - registers its steps
