from django.apps import AppConfig


class Config(AppConfig):
    name = "monitoring"
    JOBS = ("monitoring.monitoring_jobs",)

    def ready(self) -> None:
        from core import jobs, outside
        from monitoring import circuits, silence_audit, steady_time  # noqa: F401 - registers its acts

        jobs.steady = steady_time.steady

        if circuits.note not in outside.listeners:
            outside.listeners.append(circuits.note)
