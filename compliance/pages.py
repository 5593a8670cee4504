"""Puts the notice on the driver's privacy page, which knows nothing of this app."""

from django.utils.translation import gettext as _

from compliance.notice import make_notice, told_beside
from payments.driver.facts import LotFacts
from payments.driver.public import Section, add_to_privacy_page


@add_to_privacy_page
def privacy_sections(lot: LotFacts) -> list[Section]:
    """Return the notice as the page's sections; who is responsible stands in the page's foot."""
    notice = make_notice(
        lot=lot.name,
        controller=lot.legal_name,
        contact=lot.contact,
        complaint_phones=lot.complaint_phones,
        retention_hours=lot.retention_hours,
        keeps_pictures=lot.keeps_pictures,
    )
    return [
        Section(_("What we use"), notice.what),
        Section(_("On what ground"), notice.ground),
        Section(_("What is kept, and how long"), rows=notice.kept),
        Section(_("Who receives it"), notice.recipients),
        Section(_("Your rights"), notice.rights),
        *(Section(_("Of members alone"), rows=told_beside(remark.topic)) for remark in lot.remarks),
    ]
