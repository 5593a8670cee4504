from django.apps import AppConfig


class Config(AppConfig):
    name = "compliance"

    def ready(self) -> None:
        from compliance import compliance_jobs  # noqa: F401 - register notice, button and jobs
