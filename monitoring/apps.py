from django.apps import AppConfig


class Config(AppConfig):
    name = "monitoring"

    def ready(self) -> None:
        from core import outside
        from monitoring import circuits, monitoring_jobs, silence_audit  # noqa: F401 - registers acts and jobs

        if circuits.note not in outside.listeners:
            outside.listeners.append(circuits.note)
