"""What stands on one sign, ready to be drawn: texts, the code as runs of modules, sizes in millimetres.

Pure: it knows lots and signs as plain values only, so that the same drawing serves signs of lots and member
signs, of which nothing is known here but what is passed in.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from lots.signs import sign_wording as wording
from lots.signs.print_errors import CannotPrint, WrongMemberSign
from lots.signs.print_formats import Fit, Layout, PrintFormat, fit
from lots.signs.qr_symbol import Symbol, symbol
from lots.signs.sign_look import cmyk_of
from lots.signs.sign_messages import message as _
from lots.signs.sign_wording import City, SignStep, Wording

WARNING = "付款页不索要密码、验证码、银行卡号。码上有贴纸请勿扫，请致电服务电话。"
WARNING_EN = (
    "We never ask for a password, SMS code or card number. A sticker on the code? Do not scan; call us."
)
MEMBER_CLAIM, MEMBER_CLAIM_EN = "缴停车费不需要扫此码", "You do not need this code to pay for parking."
MEMBER_ROOM = 0.72  # of the field of a pure code: the member code is the smaller one
ARROWS = {"left": "←", "right": "→", "up": "↑", "down": "↓"}


@dataclass(frozen=True)
class Ground:
    """What all signs of a lot share: its name, who is paid, whom to call, whose rule holds."""

    lot: str
    payee: str
    service: str
    cash: str
    complaint: str
    retention_hours: int
    city: City
    wording: Wording
    province: str = "沪"
    colour: str = ""  # #rrggbb; blank: green
    logo: bytes = b""  # PNG


@dataclass(frozen=True)
class Hanging:
    """One copy: its number, where it hangs, in what format, for what distance (metres), printed when."""

    number: str
    place: str
    form: PrintFormat
    distance: float | None
    printed: str
    lane: str = ""
    direction: str = ""


@dataclass(frozen=True)
class MemberFace:
    """A member code, known by its words: `collects` says what it asks for, `pure_place` where to pay."""

    title: str
    address: str
    collects: str
    pure_place: str
    arrow: str


@dataclass(frozen=True)
class Face:
    """One drawing. `data` is what the template reads."""

    data: dict[str, Any]
    form: PrintFormat
    code: Symbol
    fit: Fit
    colour: str = ""  # of the press, see sign_look.cmyk_of
    logo: bytes = b""

    def texts(self) -> Iterator[str]:
        """Return every text on it, for the check of the fonts."""
        yield from _texts({name: value for name, value in self.data.items() if name != "code"})


def pure_face(ground: Ground, hanging: Hanging, address: str) -> Face:
    """Return the face of a pure or lane code; `address` is what its code says."""
    if not urlsplit(address).path.lower().startswith("/p/"):
        raise CannotPrint(_("A PureCode sign can only have the payment address of this lot."))
    words, steps = _words(ground, hanging)
    special = {
        "kind": "lane" if hanging.lane else "pure",
        "tag": f"{hanging.lane} 车道码" if hanging.lane else f"No. {hanging.number}",
        "headline": words.headline,
        "lead": wording.parts(words.headline)[0],
        "claim": wording.parts(words.headline)[1],
        "headline_en": words.headline_en,
        "promise": words.promise,
        "promise_en": words.promise_en,
        "note": _with_hours(words.note, ground),
        "note_en": _with_hours(words.note_en, ground),
        "warning": WARNING,
        "warning_en": WARNING_EN,
        "steps": [_step(step) for step in steps],
        "domain": (urlsplit(address).netloc or address).lower(),
    }
    return _face(ground, hanging, symbol(address), special)


def member_face(ground: Ground, hanging: Hanging, member: MemberFace) -> Face:
    """Return the face of a member sign, or raise `WrongMemberSign`."""
    check_member(member)
    if hanging.form.layout != Layout.POSTER:
        raise WrongMemberSign(
            _(
                "Member signs are printed as A3, A4, A5 and lane boards only: smaller formats have no room "
                "for what they must say."
            )
        )
    hanging = replace(hanging, form=replace(hanging.form, room=hanging.form.room * MEMBER_ROOM))
    special = {
        "kind": "member",
        "tag": hanging.number,
        "headline": member.title,
        "claim": MEMBER_CLAIM,
        "claim_en": MEMBER_CLAIM_EN,
        "collects": member.collects,
        "pure_place": member.pure_place,
        "arrow": member.arrow,
        "domain": urlsplit(member.address).netloc.lower(),
    }
    return _face(ground, hanging, symbol(member.address), special)


def check_member(member: MemberFace) -> None:
    """Raise `WrongMemberSign` unless the sign states what it is, what it collects and where to just pay."""
    split = urlsplit(member.address)
    if split.scheme not in {"http", "https"} or not split.netloc or not member.address.isascii():
        raise WrongMemberSign(
            _("The address of a member code begins with http:// or https:// and has ASCII characters only.")
        )
    if split.path.lower().startswith("/p/"):
        raise WrongMemberSign(_("This is the address of a PureCode; it cannot be printed as a member code."))
    if "会员" not in member.title and "公众号" not in member.title:
        raise WrongMemberSign(
            _("The title of a member sign must contain %(one)s or %(other)s.", one="会员", other="公众号")
        )
    if wording.LABEL in member.title or wording.CLAIM in member.title:
        raise WrongMemberSign(_("A member sign must not use the words of a PureCode sign."))
    if not member.collects or not member.pure_place:
        raise WrongMemberSign(_("A member sign must state what is collected, and where the PureCode is."))
    if member.arrow not in ARROWS:
        raise WrongMemberSign(_("The arrow is one of left, right, up, down."))


def _face(ground: Ground, hanging: Hanging, code: Symbol, special: dict[str, Any]) -> Face:
    size = fit(hanging.form, code, hanging.distance)
    form = hanging.form
    data = {
        "layout": form.layout.value,
        "w": form.width,
        "h": form.height,
        "room": form.room,
        "code": {"field": size.field(code), "rows": [_runs(row) for row in code.rows]},
        "plate": f"{ground.province}A12345",
        "lot": ground.lot,
        "payee": ground.payee,
        "service": ground.service,
        "cash": ground.cash,
        "complaint": ground.complaint,
        "number": hanging.number,
        "place": hanging.place,
        "printed": hanging.printed,
        "label": f"No. {hanging.number}" if hanging.number.isdecimal() else hanging.number,
        "spec": f"{form.title}  ·  码 {size.side:.0f} mm  ·  {size.reach:.1f} m",
        "too_small": size.warning,
        "slug": (
            f"PureCode  {ground.lot}  No. {hanging.number}  {form.title}"
            f"  成品 Trim {form.width:g} × {form.height:g} mm"
            f"  出血 Bleed 3 mm  CMYK  码 Code {size.side:.1f} mm = {code.modules} × {size.module:.2f} mm"
        ),
        **special,
    }
    colour = cmyk_of(ground.colour) if ground.colour else ""
    return Face(data, form, code, size, colour, ground.logo)


def _words(ground: Ground, hanging: Hanging) -> tuple[Wording, tuple[SignStep, ...]]:
    if hanging.direction == "entry":
        return wording.ENTRY, wording.ENTRY_STEPS
    if hanging.direction:
        return ground.wording, wording.EXIT_STEPS
    return ground.wording, wording.steps(ground.city)


def _with_hours(text: str, ground: Ground) -> str:
    """Return a text with `{hours}` replaced by the retention; other braces are left as they are."""
    return text.replace("{hours}", str(ground.retention_hours))


def _step(step: SignStep) -> dict[str, Any]:
    return {"pictures": list(step.pictures), "zh": step.zh, "en": step.en}


def _runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Return the dark runs of a row as (start, length)."""
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and x and row[x - 1]:
            start, length = runs[-1]
            runs[-1] = (start, length + 1)
        elif dark:
            runs.append((x, 1))
    return runs


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
