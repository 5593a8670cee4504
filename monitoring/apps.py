from django.apps import AppConfig


class Config(AppConfig):
    name = "monitoring"
    JOBS = ("monitoring.monitoring_jobs",)

    def ready(self) -> None:
        from core import outside
        from monitoring import circuits, silence_audit  # noqa: F401 - registers its acts

        if circuits.note not in outside.listeners:
            outside.listeners.append(circuits.note)
