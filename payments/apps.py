from django.apps import AppConfig


class Config(AppConfig):
    name = "payments"
    JOBS = (
        "payments.payment_jobs",
        "payments.settlements",
        "payments.coupons.handover",
        "payments.system_lists",
        "payments.system_notices",
        "payments.zero_bills",
        "payments.invoices.invoice_jobs",
    )

    def ready(self) -> None:
        from payments import system_checks  # noqa: F401 - registers its checks
