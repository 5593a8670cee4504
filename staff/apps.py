from django.apps import AppConfig


class Config(AppConfig):
    name = "staff"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from staff import (
            session_limits,
            shop_clerks,  # noqa: F401 - registers what a used invitation does
            staff_jobs,  # noqa: F401 - registers its jobs
        )
        from staff.report_mailings import mailing_jobs  # noqa: F401 - registers its jobs

        user_logged_in.connect(session_limits.started, dispatch_uid="session_limits")
