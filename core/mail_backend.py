"""Mail through an SMTP server with the limits of `core.outside`: it counts as one more outside party."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.utils import translation

from core import outside

TOTAL_SECONDS = 30.0


class LimitedBackend(EmailBackend):
    """Django's own backend; a server that hangs is an `OSError`, as one that refuses the connection is."""

    _client: Any = None  # Django's `connection` is none yet while the server greets

    @property
    def connection_class(self) -> Any:
        """Return a class whose instance can be cut while a greeting still drips into it."""
        backend = self

        class Cuttable(super().connection_class):  # type: ignore[misc]
            def __init__(self, *where: Any, **options: Any) -> None:
                backend._client = self
                super().__init__(*where, **options)

        return Cuttable

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> Any:
        deliver, language = super().send_messages, translation.get_language()

        def send() -> Any:
            with translation.override(language):  # subjects may be translated as late as here
                try:
                    return deliver(email_messages)
                except BaseException:
                    if self._client is not None:  # smtplib leaves it open after a bad greeting
                        self._client.close()
                    raise

        party = outside.Party("mail", f"{self.host}:{self.port}")
        try:
            return outside.call(party, send, seconds=TOTAL_SECONDS, cut=self._cut)
        except outside.OutcomeUnknown:
            raise TimeoutError("the mail server does not answer") from None

    def _cut(self) -> None:
        connection = getattr(self._client, "sock", None)
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
