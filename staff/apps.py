from django.apps import AppConfig


class Config(AppConfig):
    name = "staff"
    JOBS = ("staff.report_mailings.mailing_jobs",)

    def ready(self) -> None:
        from staff import shop_clerks  # noqa: F401 - registers what a used invitation does
