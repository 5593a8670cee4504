from django.apps import AppConfig


class Config(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from payments import checks, work  # noqa: F401 - register its checks and jobs
        from payments.console import checklist  # noqa: F401 - registers its steps
        from payments.coupons import clerks  # noqa: F401 - joins them to their shop
        from payments.invoices import work as invoices  # noqa: F401 - and those of invoices
        from payments.reports import work as reports  # noqa: F401 - and of reports
