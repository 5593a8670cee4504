"""Forms of what staff do with a request for an invoice.

They carry what the page showed, the request's number and the amount: if the driver or a colleague changed it
meanwhile, nothing is done.
"""

import re
import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.invoices.http_issuer import INVOICE_NUMBER, LINK
from payments.invoices.invoice_models import InvoiceRequest

BAD_INVOICE = _(
    "An invoice number has 6 to 40 letters or digits, a link begins with https://. Check and try again."
)
MOST_FEN = 10**11  # more than any payment


class TextPattern(forms.RegexField):
    """A text that matches a pattern."""

    def __init__(self, pattern: re.Pattern[str], longest: int, **options: Any) -> None:
        super().__init__(
            rf"\A(?:{pattern.pattern})\Z",
            max_length=longest,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
            error_messages={"invalid": BAD_INVOICE},
            **options,
        )

    def to_python(self, value: Any) -> str:
        """Return the text without the spaces and the full-width digits of a copied number."""
        return re.sub(r"\s", "", unicodedata.normalize("NFKC", super().to_python(value) or ""))


class SeenAmountField(forms.IntegerField):
    """The amount that the page showed, in fen, in a hidden field."""

    widget = forms.HiddenInput
    default_error_messages = {"invalid": BAD_INVOICE, "required": BAD_INVOICE}

    def __init__(self) -> None:
        super().__init__(min_value=1, max_value=MOST_FEN)


class SeenForm(forms.Form):
    """The number that the request had on the page."""

    number = forms.CharField(required=False, max_length=26, widget=forms.HiddenInput)


class RedLetterForm(forms.Form):
    amount_fen = SeenAmountField()
    invoice_number = TextPattern(INVOICE_NUMBER, 40, label=_("Credit note number"))


class IssuedForm(SeenForm):
    amount_fen = SeenAmountField()
    invoice_number = TextPattern(INVOICE_NUMBER, 40, label=_("Invoice number"))
    link = TextPattern(LINK, 500, label=_("Download link (optional)"), required=False)


class ReverseForm(SeenForm):
    amount_fen = SeenAmountField()
    invoice_number = TextPattern(INVOICE_NUMBER, 40, label=_("Credit note number"))


class RejectForm(SeenForm):
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[
            ("", _("Please choose")),
            *(each for each in InvoiceRequest.Reason.choices if each[0] != InvoiceRequest.Reason.REISSUE),
        ],
    )
