from django.apps import AppConfig


class Config(AppConfig):
    name = "compliance"

    def ready(self) -> None:
        from compliance import compliance_jobs, system_checks  # noqa: F401 - register its jobs and checks
