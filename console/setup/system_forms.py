"""Forms for connecting a lot to its parking system, one for each vendor."""

from typing import Any

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from console.pasted_text import PastedText
from console.setup.editing import with_value
from console.setup.setup_forms import REQUIRED, SetupForm
from lots.models import Lane, Lot, ParkingSystemLink
from lots.plates import Plate, PlateError, parse
from lots.setup.change_recorder import Thing
from lots.systems import REMOTE
from lots.systems.link_faults import address_of, lane_faults, link_faults
from lots.systems.links import TEXTS, kept_secrets
from lots.systems.own_certificate import LONGEST, plain_certificates
from lots.systems.remote import LOOPBACK
from lots.systems.vendor_fields import FIELDS

System = Lot.System
type Words = Any  # a text, or one that is translated when it is shown

ABOUT: dict[str, Words] = {
    System.AIKE: _("AKE (yidianting): the open platform (openydt)."),
    System.KEYTOP: _("Keytop (sutingche): the cloud, or the older form in the lot's own network."),
    System.JIESHUN: _("Jieshun (jietingche): the JSST interface of the lot's server or cloud."),
    System.PCLOUD: _("Any parking system that already serves 4PYun over HTTP."),
    System.BOLIAN: _("Bolink, and any parking system that already serves it."),
    System.HIKVISION: _("Hikvision ISC integrated platform, in the mall's own network."),
    System.HIKVISION_8700: _("Hikvision 8700 platform, in the mall's own network."),
    System.GENERIC: _("Any other vendor: the open pair of two signed calls, written in a day."),
}
LABELS: dict[str, Words] = {
    "key": _("Key"),
    "secret": _("Secret"),
    "version": _("Version of the signature"),
    "role": _("Role"),
    "union_id": "union_id",
    "park_union_id": "park_union_id",
    "appkey": "appkey",
    "password": _("Password"),
    "sign_key": _("Signature key"),
    "cid": _("Merchant number (cid)"),
    "user": _("User name"),
    "des_key": _("3DES key"),
    "form": _("Form of the interface"),
    "app_id": "appId",
    "coupons": _("Parking coupons"),
}
ASK_FOR: dict[str, Words] = {
    "key": _("Ask your vendor for the key of the open interface."),
    "secret": _("Ask your vendor for the secret that belongs to the key."),
    "union_id": _("Ask Bolink for the union_id of your account; not needed in the role of the cloud."),
    "park_union_id": _("Ask Bolink for the union_id of the car park; not needed in the role of the cloud."),
    "appkey": _("Ask the administrator of the platform for the appkey of a user for parking."),
    "password": _("Ask your vendor for the password of this user."),
    "sign_key": _("Ask your vendor for the key with which requests are signed; it is not the password."),
    "cid": _("Ask your vendor for your merchant number in the interface."),
    "user": _("Ask your vendor for the user of the interface."),
    "des_key": _("24 characters; only where the vendor says that requests are encrypted."),
    "app_id": _("Ask your vendor for the appId; only for the cloud."),
}
CHOICES: dict[str, list[tuple[str, Words]]] = {
    "coupons": [
        ("no", _("not taken in this lot")),
        ("yes", _("counted by the parking system: the vendor has agreed to it")),
    ],
    "version": [("v3", _("v3: the request itself is signed")), ("v2", _("v2: for test keys"))],
    "role": [
        ("page", _("page: Bolink's cloud is asked")),
        ("cloud", _("cloud: the lot's software is asked")),
    ],
    "form": [("cloud", _("cloud")), ("lan", _("in the lot's network"))],
}
LOT_CODES: dict[str, str] = {
    System.AIKE: "parkCode",
    System.KEYTOP: "parkId",
    System.JIESHUN: "parkCode",
    System.PCLOUD: "park_uuid",
    System.BOLIAN: "park_id",
    System.HIKVISION: "parkSyscode",
    System.HIKVISION_8700: "parkUuid",
    System.GENERIC: "lot",
}
LANE_CODES: dict[str, str] = {
    System.AIKE: "channelCode",
    System.PCLOUD: "gate_id",
    System.BOLIAN: "out_channel_id",
    System.GENERIC: "lane",
}

FURTHER = ("support_phone", "own_certificate")

OVERTAKEN = _(
    "%(who)s changed this connection at %(at)s, so nothing was saved. Your entries are still below; saving "
    "again replaces what your colleague set."
)


class SystemForm(SetupForm):
    """The fields of one vendor. A stored secret is never shown; left empty, it stays as it is."""

    base_url = forms.CharField(
        label=_("Address of the interface"),
        max_length=200,
        help_text=_("Ask your vendor for it. It should begin with https://."),
    )
    lot_code = forms.CharField(max_length=64)
    recipient_name = forms.CharField(
        label=_("Legal name of who runs the system"),
        max_length=120,
        help_text=_("Receives the plates; is named in the privacy notice of this lot, so it must be exact."),
    )
    recipient_contact = forms.CharField(
        label=_("Their contact for personal data"),
        max_length=200,
        help_text=_("Address, phone or e-mail; shown in the notice too."),
    )
    support_phone = forms.CharField(
        label=_("Their support phone"),
        max_length=40,
        required=False,
        help_text=_("Whom your staff call when the system does not answer."),
    )
    own_certificate = forms.CharField(
        label=_("Private certificate"),
        max_length=LONGEST,
        required=False,
        help_text=_(
            "Only where the interface has one that no public authority signed, as platforms in a mall's own"
            " network often do: its authority's certificate, or the server's own. Then only it is trusted."
        ),
        widget=PastedText({"rows": 4, "spellcheck": "false", "placeholder": "-----BEGIN CERTIFICATE-----"}),
    )
    accepts_weak = forms.BooleanField(
        label=_("I accept this link although it is not encrypted, or signed with MD5 only"),
        required=False,
        help_text=_(
            "Needed for http addresses and for vendors that sign with MD5. It is recorded with your name, and"
            " the health page goes on showing it."
        ),
    )

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)  # the change that the page showed

    def __init__(self, data: Any = None, *, lot: Lot, system: str, **kwargs: Any) -> None:
        self.lot, self.system, self.kept = lot, system, kept_secrets(lot, system)
        self.last = lot.changes.filter(thing=Thing.LOT, after__has_key="weak_link").order_by("-pk").first()
        seen = {"seen": self.last.pk if self.last else 0}
        super().__init__(data, **{"initial": self._stored() | seen, **kwargs})
        self.fields["lot_code"].label = _("Number of the lot at the vendor (%s)") % LOT_CODES[system]
        self.fields["lot_code"].help_text = _("Ask your vendor for it; it is sent with every question.")
        vendor = FIELDS[system]
        for name in vendor.options:
            self.fields[name] = self._option(name, required=name not in vendor.optional)
        for name in vendor.secrets:
            self.fields[name] = self._secret(name, required=name not in vendor.optional)
        for lane in self._lanes():
            self.fields[f"lane_{lane.pk}"] = forms.CharField(
                label=_("Number of lane “%(lane)s” at the vendor (%(code)s)")
                % {"lane": lane.name, "code": LANE_CODES[system]},
                max_length=64,
                required=False,
                help_text=_(
                    "Only then does the code at this lane show the fee of the car that stands there."
                ),
            )
        for field in self.fields.values():  # those of the vendor too
            if not isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
                field.error_messages["required"] = REQUIRED
        last = ("recipient_name", "recipient_contact", *FURTHER, "accepts_weak")
        self.order_fields([name for name in self.fields if name not in last])

    def _lanes(self) -> list[Lane]:
        is_exit = [Lane.Direction.EXIT, Lane.Direction.BOTH]
        rows = self.lot.lanes.filter(direction__in=is_exit).order_by("pk")
        return list(rows) if self.system in LANE_CODES else []

    def _stored(self) -> dict[str, Any]:
        row = ParkingSystemLink.objects.filter(lot=self.lot).first()
        if row is None or self.lot.system != self.system:
            return {}
        lanes = {f"lane_{lane}": code for lane, code in row.lanes.items()}
        texts = {name: getattr(row, name) for name in (*TEXTS, *FURTHER)}
        return {**texts, **row.options, **lanes, "accepts_weak": row.weak_link_accepted_at is not None}

    def _is_stored(self, values: dict[str, Any]) -> bool:
        """Return whether what was sent is stored already: a second click."""
        stored = self._stored()
        secrets = [(values.get(name), self.kept.get(name)) for name in FIELDS[self.system].secrets]
        is_known = all(not typed or typed == kept for typed, kept in secrets)
        return bool(stored) and is_known and all(values.get(name) == stored[name] for name in stored)

    def _option(self, name: str, *, required: bool) -> forms.Field:
        words: dict[str, Any] = {"label": LABELS[name], "required": required}
        if name in CHOICES:
            return forms.ChoiceField(choices=CHOICES[name], **words)
        return forms.CharField(max_length=120, help_text=ASK_FOR.get(name, ""), **words)

    def _secret(self, name: str, *, required: bool) -> forms.Field:
        is_kept = bool(self.kept.get(name))
        return forms.CharField(
            label=LABELS[name],
            max_length=4000,
            required=required and not is_kept,
            help_text=_("Stored encrypted, and never shown again. Leave empty to keep it.")
            if is_kept
            else ASK_FOR.get(name, ""),
            widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )

    def clean_own_certificate(self) -> str:
        """Return the certificates as they are stored; what cannot be read is left to `clean`."""
        text: str = self.cleaned_data["own_certificate"]
        if "PRIVATE KEY" in text:  # it is refused, and not shown again
            self.data = with_value(self.data, "own_certificate", "")
            return text
        try:
            return plain_certificates(text)
        except ValueError:
            return text

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        address = address_of(values.get("base_url", ""))
        faults = [*link_faults({**values, "system": self.system})]
        faults += lane_faults(
            {name: code for name, code in values.items() if name.startswith("lane_") and code}
        )
        for name, why in faults:
            self.add_error(name, str(why))
        is_local = address.hostname in LOOPBACK
        is_weak = not is_local and (address.scheme == "http" or REMOTE[self.system].is_weak)
        if address.hostname and is_weak and not values.get("accepts_weak"):
            self.add_error(
                "accepts_weak", _("This link is weak. Accept it here, or ask the vendor for better.")
            )
        if self.last and values.get("seen") not in {None, self.last.pk} and not self._is_stored(values):
            who = self.last.by.get_username() if self.last.by else _("Command line")
            self.add_error(None, OVERTAKEN % {"who": who, "at": f"{localtime(self.last.at):%H:%M}"})
            self.data = with_value(self.data, "seen", self.last.pk)  # saving again is a decision
        return values

    def given(self) -> dict[str, Any]:
        """Return what `save_link` takes: what was typed, and the stored secrets that were left empty."""
        values, vendor = self.cleaned_data, FIELDS[self.system]
        secrets = {name: values.get(name) or self.kept.get(name, "") for name in vendor.secrets}
        return {
            "system": self.system,
            **{name: values[name] for name in (*TEXTS, *FURTHER, *vendor.options)},
            **secrets,
            "lanes": {lane.name: code for lane in self._lanes() if (code := values.get(f"lane_{lane.pk}"))},
        }


class SystemTestForm(SetupForm):
    plate = forms.CharField(
        label=_("Plate of a car inside"),
        max_length=16,
        required=False,
        help_text=_("Shows its fee, to compare with the vendor's own page. It is not stored."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_plate(self) -> Plate | None:
        try:
            return parse(self.cleaned_data["plate"]) if self.cleaned_data["plate"] else None
        except PlateError:
            raise forms.ValidationError(_("This is no licence plate.")) from None
