from django.apps import AppConfig


class Config(AppConfig):
    name = "members"
    JOBS = ("members.member_jobs",)

    def ready(self) -> None:
        from core.hooks import register
        from members import extensions

        register(extensions)
