"""Third-party applications, configured for this project."""

from allauth.account.apps import AccountConfig


class ConsoleAccounts(AccountConfig):  # type: ignore[misc]
    """allauth's accounts, whose middleware stands in CONSOLE_MIDDLEWARE: drivers' pages know no users."""

    def ready(self) -> None:
        """Do without allauth's own look into MIDDLEWARE."""
        from allauth.account import checks  # noqa: F401 - registers them
