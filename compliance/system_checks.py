"""`manage.py check`: every stored field declares its purpose (`core.privacy`)."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from compliance.inventory import undeclared


@register(Tags.models)
def declared_fields(**_: Any) -> list[CheckMessage]:
    """Name each stored field that no `PRIVACY` beside its model lists."""
    return [
        Error(
            f"{field} needs exactly one declaration.",
            hint="List the field in the model's PRIVACY: core/privacy.py.",
            id="compliance.E001",
        )
        for field in undeclared()
    ]
