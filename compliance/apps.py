from django.apps import AppConfig


class Config(AppConfig):
    name = "compliance"
    JOBS = ("compliance.compliance_jobs",)

    def ready(self) -> None:
        from compliance import system_checks  # noqa: F401 - registers its checks
