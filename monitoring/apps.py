from django.apps import AppConfig


class Config(AppConfig):
    name = "monitoring"

    def ready(self) -> None:
        from monitoring import monitoring_jobs, silence_audit  # noqa: F401 - registers acts and jobs
