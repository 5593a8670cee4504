from django.apps import AppConfig, apps


class Config(AppConfig):
    name = "staff"
    JOBS = ("staff.staff_jobs", "staff.report_mailings.mailing_jobs")

    def ready(self) -> None:
        if not apps.is_installed("allauth.mfa"):  # as where drivers and devices come: nobody signs in there
            return
        from allauth.mfa.signals import authenticator_added
        from django.contrib.auth.signals import user_logged_in

        from staff import session_limits, shop_clerks  # noqa: F401 - registers what a used invitation does

        user_logged_in.connect(session_limits.started, dispatch_uid="session_limits")
        authenticator_added.connect(session_limits.end_others, dispatch_uid="session_limits")
