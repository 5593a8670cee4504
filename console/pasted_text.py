"""The widget for text that is pasted, such as a document or a certificate."""

from typing import Any

from django import forms


class PastedText(forms.Textarea):
    """A text area without `maxlength`: a browser cuts a longer paste without a word, the form refuses it."""

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: Any = None) -> dict[str, Any]:
        found = super().build_attrs(base_attrs, extra_attrs)
        return {name: value for name, value in found.items() if name != "maxlength"}
