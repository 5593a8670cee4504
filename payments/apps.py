from django.apps import AppConfig


class Config(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from payments import payment_jobs, settlements, system_checks, zero_bills  # noqa: F401 - register its checks and jobs
        from payments.invoices import invoice_jobs as invoices  # noqa: F401 - and those of invoices
