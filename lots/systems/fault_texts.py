"""What each fault of a parking system means, in words for staff: what is wrong and who can put it right."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UNKNOWN = _("The parking system answered with an unknown code. Tell the vendor when this happened.")

MEANINGS: Mapping[str, Promise] = {
    "no_answer": _("No answer: the address is wrong, the system is off, or the network between is down."),
    "name_unknown": _("The name in the address does not exist. Check its spelling, and this server's DNS."),
    "unreachable": _(
        "The address does not answer. Check network, firewall and the vendor's list of allowed addresses."
    ),
    "port_closed": _("The server is there, but the port is closed. Check the port with the vendor."),
    "certificate": _(
        "The certificate of the address is not trusted. If it is a private one, give it in the set-up."
    ),
    "certificate_name": _(
        "The certificate is for another name. Use the name in it as address, or ask the vendor for a new one."
    ),
    "certificate_ended": _("The certificate of the address has expired. Ask the vendor for a new one."),
    "tls": _(
        "No encrypted connection: the server may support only http, or an old version of TLS. Ask the vendor."
    ),
    "bad_address": _("The address is not a web address. Check it with the vendor."),
    "no_such_address": _("The server answers, but knows no such interface. Check the address and version."),
    "http_error": _(
        "The server answered with an error page. Check the address (https or http), then call the vendor."
    ),
    "redirected": _("The address redirects to another one. It may have to begin with https://. Check it."),
    "refused_us": _("The server refuses our key or signature. Check the key and the secret."),
    "not_authorised": _("The key is right but has no permission for this lot. Ask the vendor to add it."),
    "lot_unknown": _("The vendor does not know this lot number. Check it."),
    "lot_offline": _("The vendor's cloud cannot reach the car park. Check the line and computer at the lot."),
    "too_many": _("The vendor limits how often we may ask. Ask for a higher limit."),
    "busy": _("The parking system is busy; we ask again automatically."),
    "system_error": _("The parking system reports an internal error. Call the vendor."),
    "device_fault": _(
        "The parking system reports that a device at the lot is out of order. Call the vendor."
    ),
    "bad_request": _(
        "The parking system does not accept our request. Check the lot number; tell the vendor."
    ),
    "bad_signature": _("The answer is not signed with the agreed secret. Check the secret on both sides."),
    "clock": _("The clocks differ by more than five minutes. Set both by network time."),
    "malformed": _(
        "The answer cannot be read. Check that the address is that of the interface, then call the vendor."
    ),
    "bad_amount": _("The answer has an impossible amount. Call the vendor; nothing was charged."),
    "bad_time": _("The answer has an unreadable time. Call the vendor."),
    "bad_reference": _("The answer names the bill in a way that we cannot store. Call the vendor."),
    "plate_in_reference": _("The vendor's bill number contains the plate. Ask for numbers without it."),
    "unknown_code": UNKNOWN,
    "needs_a_choice": _("Several cars fit this plate. Plates that look alike are never offered to a driver."),
    "no_tariff": _("The parking system has no tariff for this car. Tell the vendor."),
    "bill_refused": _("The parking system does not accept this bill. Look at the bill there."),
    "paid_already": _(
        "The parking system says that this bill is paid already, but not by which payment. Look at the bill"
        " there: with our number, close this task; with another one, refund the payment."
    ),
    "not_confirmed": _(
        "The parking system took the message, but does not say that the payment counts. Look at the bill"
        " there."
    ),
    "not_sent": _(
        "Not sent: the parking system has not answered others just now. We ask again by ourselves."
    ),
    "waiting_for_lot": _("The vendor's cloud has the payment; the car park has not confirmed it yet."),
    "left_unconfirmed": _(
        "The car is gone, and an earlier message of this payment was never answered clearly: it has most"
        " likely paid. Compare the vendor's list: refund the payment if it is missing there."
    ),
    "charge_too_old": _("The payment came after the bill's time. Staff let the car out or refund it."),
    "system_changed": _(
        "The parking system, address or lot number of this lot has changed."
        " Enter the payment in the former system, or refund it."
    ),
    "not_configured": _("A key or a setting is missing. Fill in everything that the vendor gave you."),
    "weak_link": _(
        "The link is not encrypted, or signed with MD5 only. The operator must accept that first."
    ),
    "lane_unknown": _("This lane has no number in the vendor's system. Enter it in the set-up."),
    "lanes_unsupported": _("This system cannot be asked by lane. Use the sign of the whole lot."),
    "not_offered": _("This system offers no list of payments. Upload the vendor's list by hand."),
    "list_is_late": _("The vendor's list lacks payments; they may come late. It is read again each hour."),
    "not_supported": _("This system cannot answer that question."),
}


def meaning_of(code: str) -> Promise:
    """Return the sentence for a fault."""
    return MEANINGS.get(code, UNKNOWN)
