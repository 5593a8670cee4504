"""Where staff are signed in: Django's sessions in the database, each with whose it is (SESSION_ENGINE)."""

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.utils.timezone import now

from staff.models import SignIn

REAUTHENTICATION = "account_reauthentication_state"


class SessionStore(DatabaseStore):
    """Writes beside the session whose it is and since when."""

    @classmethod
    def get_model_class(cls) -> type[SignIn]:
        return SignIn

    def create_model_instance(self, data: dict[str, Any]) -> SignIn:
        if "request" in data.get(REAUTHENTICATION, {}):  # allauth would keep a form with its whole request,
            del data[REAUTHENTICATION]  # addresses and cookies included; the form is asked for again instead
        since = data.setdefault("since", now().isoformat())
        row: SignIn = super().create_model_instance(data)  # type: ignore[assignment]
        row.user_id, row.since = data.get(SESSION_KEY), datetime.fromisoformat(since)
        return row


def of(user: User) -> QuerySet[SignIn]:
    """Return where somebody is signed in, newest first."""
    return SignIn.objects.filter(user=user, expire_date__gt=now()).order_by("-since")


def end(user: User, *, but: str | None = None) -> int:
    """Sign somebody out everywhere, or everywhere but in the session `but`; return how often."""
    return of(user).exclude(pk=but or "").delete()[0]
