from django.apps import AppConfig


class Config(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from payments import work  # noqa: F401 - registers its jobs
        from payments.console import checklist  # noqa: F401 - registers its steps
        from payments.invoices import work as invoices  # noqa: F401 - and those of invoices
