from django.apps import AppConfig


class Config(AppConfig):
    name = "payments"
    JOBS = (
        "payments.payment_jobs",
        "payments.settlements",
        "payments.coupons.handover",
        "payments.system_lists",
        "payments.notice_effects",
        "payments.zero_bills",
        "payments.invoices.invoice_jobs",
    )

    def ready(self) -> None:
        from payments import merchant_system_checks  # noqa: F401 - registers its checks
