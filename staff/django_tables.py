"""What the tables of Django and allauth store: those packages cannot declare it themselves."""

from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored

DJANGO_TABLES: dict[str, tuple[Stored, ...]] = {
    "auth.User": (
        Stored("id username password", data_kinds.STAFF, _("to let staff in; the password is a slow hash")),
        Stored(
            "first_name last_name email", data_kinds.STAFF, _("to know and reach the person; may stay empty")
        ),
        Stored(
            "is_active is_staff is_superuser date_joined last_login", data_kinds.STAFF, _("what they may do")
        ),
        Stored("groups", data_kinds.STAFF, _("what staff may do")),
        Stored("user_permissions", data_kinds.STAFF, _("what staff may do")),
    ),
    "mfa.Authenticator": (
        Stored(
            "id user type data created_at last_used_at", data_kinds.STAFF, _("the second factors of staff")
        ),
    ),
    "account.EmailAddress": (
        Stored("id user email verified primary", data_kinds.STAFF, _("nothing: stays empty")),
    ),
    "account.EmailConfirmation": (
        Stored("id email_address created sent key", data_kinds.STAFF, _("nothing: stays empty")),
    ),
    "auth.Group": (
        Stored("id name", data_kinds.SETUP, _("the roles of staff")),
        Stored("permissions", data_kinds.SETUP, _("the roles of staff")),
    ),
    "auth.Permission": (
        Stored("id name content_type codename", data_kinds.SETUP, _("Django's list of permissions")),
    ),
    "contenttypes.ContentType": (
        Stored("id app_label model", data_kinds.SETUP, _("Django's list of tables")),
    ),
}
