from django.apps import AppConfig


class Config(AppConfig):
    name = "members"

    def ready(self) -> None:
        from members import acts, remarks, sealed, signs, work  # noqa: F401 - register what other apps list
