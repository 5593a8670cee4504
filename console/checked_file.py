"""A file that is checked first and then imported: the page of the check has it, sealed, in its form.

A browser forgets the chosen file when the next page comes. The server stores nothing: the form carries the
file, encrypted for this person and lot, so no plate stands in the page.
"""

import base64
import zlib
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import vault
from lots.models import Lot
from staff.access import Access

LARGEST = 1_000_000  # letters of a sealed file; a larger one must be chosen again


class CheckedFileForm(forms.Form):
    """A CSV file, chosen now or checked before. `content` has at most one byte more than `largest`."""

    file = forms.FileField(label=gettext_lazy("CSV file"), required=False)
    content: bytes
    sealed = ""  # what the page has to carry

    def __init__(
        self, data: Any = None, files: Any = None, *, lot: Lot, person: Access, largest: int
    ) -> None:
        super().__init__(data, files, label_suffix="")
        self.context, self.largest = f"checked {lot.pk} {person.user.pk}", largest

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "file" in self.errors:
            return cleaned
        if file := cleaned.get("file"):
            self.content = file.read(self.largest + 1)
            return cleaned
        try:
            sealed = base64.b64decode(self.data.get("checked", ""), validate=True)
            self.content = zlib.decompress(vault.unseal_bytes(sealed, self.context))
        except (vault.Unreadable, ValueError, IndexError):
            self.add_error("file", _("Choose a file."))
        return cleaned

    def carry(self) -> None:
        """Let the page carry the file, unless it is too large."""
        sealed = vault.seal_bytes(zlib.compress(self.content), self.context)
        text = base64.b64encode(sealed).decode()
        self.sealed = text if len(text) <= LARGEST else ""
