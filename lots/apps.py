from django.apps import AppConfig


class Config(AppConfig):
    name = "lots"

    def ready(self) -> None:
        from lots import lot_jobs  # noqa: F401 - registers its jobs
