from django.apps import AppConfig


class Config(AppConfig):
    name = "core"
    JOBS = ("core.sqlite_checkpoint",)

    def ready(self) -> None:
        from django.db.backends.signals import connection_created
        from django.db.models.signals import post_migrate

        from core import database, outside, row_security, sqlite_lock

        connection_created.connect(sqlite_lock.hold, dispatch_uid="sqlite_lock")
        post_migrate.connect(row_security.after_migrate, dispatch_uid="row_security")

        if database.return_connections not in outside.before_waiting:
            outside.before_waiting.append(database.return_connections)
