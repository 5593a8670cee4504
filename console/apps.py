from django import forms
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    name = "console"
    JOBS = ("console.background_kinds",)  # what the worker does for pages

    def ready(self) -> None:
        """Ask to choose where a choice is missing, not to fill it in: there is no field to type into."""
        for field in (forms.ChoiceField, forms.ModelChoiceField):
            field.default_error_messages = {
                **field.default_error_messages,
                "required": _("Choose one of these."),
            }
