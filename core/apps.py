from django.apps import AppConfig


class Config(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import database, outside

        if database.return_connections not in outside.before_waiting:
            outside.before_waiting.append(database.return_connections)
