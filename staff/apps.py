from django.apps import AppConfig


class Config(AppConfig):
    name = "staff"

    def ready(self) -> None:
        from staff import shop_clerks  # noqa: F401 - registers what a used invitation does
        from staff.report_mailings import mailing_jobs  # noqa: F401 - registers its jobs
