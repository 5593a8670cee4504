from django.apps import AppConfig


class Config(AppConfig):
    name = "members"

    def ready(self) -> None:
        from core.hooks import register
        from members import hooks, member_jobs  # noqa: F401 - jobs register themselves

        register(hooks)
