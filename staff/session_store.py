"""Django's sessions in the database, each with the user it belongs to (SESSION_ENGINE)."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils.timezone import now

if TYPE_CHECKING:
    from staff.models import SignIn

REAUTHENTICATION = "account_reauthentication_state"


class SessionStore(DatabaseStore):
    """Stores with each session its user and when it began."""

    @classmethod
    def get_model_class(cls) -> "type[SignIn]":
        return apps.get_model("staff", "SignIn")

    def create_model_instance(self, data: dict[str, Any]) -> "SignIn":
        if "request" in data.get(REAUTHENTICATION, {}):  # allauth would store a form with its whole request,
            del data[REAUTHENTICATION]  # addresses and cookies included; the form is asked for again instead
        since = data.setdefault("since", now().isoformat())
        row: SignIn = super().create_model_instance(data)  # type: ignore[assignment]
        row.user_id, row.since = data.get(SESSION_KEY), datetime.fromisoformat(since)
        return row
