"""Form for an invoice: title and tax number of a company, or the title of a person."""

import unicodedata
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.invoices.buyer import Buyer
from payments.invoices.invoice_mail import can_mail
from payments.invoices.tax_numbers import BadTaxNumber, read_tax_number
from presentation.plate_form import INVISIBLE, REPLACEMENT

LONGEST_TITLE, LONGEST_EMAIL = 100, 254
FAULTS = {
    "no_title": _("Please enter the title of the invoice."),
    "title": _("Please check the title: at most 100 characters, on one line."),
    "no_tax_number": _("For a company please enter its tax number. For a person choose “Person”."),
    "tax_number": _("This tax number cannot be right. It has 18 digits and letters (without I, O, S, V, Z)."),
    "email": _("Please check the e-mail address, or leave it empty."),
}


@dataclass(frozen=True)
class InvoiceForm:
    """The form as it was sent, what is wrong with each field, and the buyer if nothing is."""

    company: bool = True
    title: str = field(default="", repr=False)
    tax_number: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    faults: dict[str, str | Promise] = field(default_factory=dict)
    buyer: Buyer | None = None

    @classmethod
    def of(cls, data: QueryDict) -> "InvoiceForm":
        """Read a submitted form. Ignores a person's tax number, and an address if no mail can be sent."""
        company = data.get("kind") != "person"
        title = str(data.get("title", ""))[: 2 * LONGEST_TITLE].strip()
        number = str(data.get("tax_number", ""))[:80].strip() if company else ""
        email = str(data.get("email", ""))[: 2 * LONGEST_EMAIL].strip() if can_mail() else ""
        faults = {"title": _title_fault(title), "email": _email_fault(email)}
        try:
            tax_number = read_tax_number(number) if company else ""
        except BadTaxNumber:
            tax_number = ""
            faults["tax_number"] = "tax_number" if number else "no_tax_number"
        shown: dict[str, str | Promise] = {name: FAULTS[code] for name, code in faults.items() if code}
        buyer = None if shown else Buyer(title=title, tax_number=tax_number, email=email)
        return cls(company, title, tax_number or number, email, shown, buyer)

    @classmethod
    def again(cls, buyer: Buyer | None) -> "InvoiceForm":
        """Return the form filled with the driver's earlier request, or an empty one."""
        if buyer is None:
            return cls()
        return cls(buyer.is_company, buyer.title, buyer.tax_number, buyer.email)


def _title_fault(title: str) -> str:
    if not title:
        return "no_title"
    odd = any(unicodedata.category(c) in INVISIBLE or c == REPLACEMENT for c in title)
    return "title" if odd or len(title) > LONGEST_TITLE else ""


def _email_fault(email: str) -> str:
    if not email:
        return ""
    try:
        validate_email(email)
    except ValidationError:
        return "email"
    return "" if len(email) <= LONGEST_EMAIL else "email"
