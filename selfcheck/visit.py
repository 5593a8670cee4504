"""What one visit to a page saw: plain values that rules judge and reports show. No Django, no browser.

A plate never stands in here: where the canary plate turned up, only the form in which it did is noted.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """How far the visit had come when something happened."""

    ARRIVE = "arrive"  # nothing touched yet
    TYPE = "type"  # the plate is being typed and is not complete
    SUBMIT = "submit"  # the plate is complete: the fee is looked up
    PAY = "pay"  # the pay button was pressed; ends at the cashier's door


BEFORE_SUBMIT = (Phase.ARRIVE, Phase.TYPE)
BEFORE_PAY = (*BEFORE_SUBMIT, Phase.SUBMIT)


@dataclass(frozen=True)
class Request:
    """One request that the page made."""

    phase: Phase
    method: str
    url: str  # tidied: no long tokens, no canary
    kind: str  # document, script, image, xhr, ping, websocket ...
    third: bool  # another site than the page's
    cname: str = ""  # where the name really leads, if that is another site
    plate: tuple[str, ...] = ()  # "url:plain", "body:base64", "body:part" ...
    main: bool = False  # it was to replace the page itself


@dataclass(frozen=True)
class Hop:
    """One step on the way from the code to the page."""

    url: str
    how: str  # http, script, scheme
    third: bool  # another site than where it came from


@dataclass(frozen=True)
class Kept:
    """Something that the page left in the browser: a cookie, or an entry of a storage."""

    phase: Phase
    where: str  # cookie, localStorage, sessionStorage, indexedDB, cache, worker
    name: str
    third: bool
    days: int  # 0: until the browser is closed
    by: str  # the address or script that did it
    plate: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """A call of the browser's or the app's interfaces that a parking page has no business with."""

    phase: Phase
    name: str
    by: str
    detail: str = ""


@dataclass(frozen=True)
class Field:
    tag: str
    type: str
    name: str
    label: str  # its label, placeholder and aria-label
    autocomplete: str
    visible: bool
    ticked: bool
    plate: bool  # this is where the plate goes


@dataclass(frozen=True)
class Control:
    """Something to press."""

    text: str
    href: str
    third: bool
    picture: bool
    area: int  # square CSS pixels
    ad: bool


@dataclass(frozen=True)
class Screen:
    """The page as it stood at one moment."""

    url: str
    title: str
    text: str
    fields: tuple[Field, ...] = ()
    controls: tuple[Control, ...] = ()
    overlays: tuple[str, ...] = ()  # first words of what covers the page
    frames: tuple[str, ...] = ()


@dataclass
class Visit:
    """One way through the page on one kind of phone."""

    phone: str
    scripts: bool
    start: str
    url: str = ""
    status: int = 0
    secure: bool = False  # https, or an address of one's own network where nobody can listen in
    hops: list[Hop] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    screens: dict[Phase, Screen] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    answer_headers: dict[str, str] = field(default_factory=dict)
    dialogs: list[str] = field(default_factory=list)
    popups: list[str] = field(default_factory=list)
    typed_by: str = ""  # field, boxes, keys; empty: no place for a plate was found
    acts: int = 0  # the plate is one act, with its look-up; each further press is one
    fee: bool = False  # an amount was shown for the plate
    cashier: str = ""  # how the cashier's door looked, once reached
    waylaid: str = ""  # what came between the pay button and the cashier
    stopped: list[str] = field(default_factory=list)  # why the visit ended early
    barriers: list[str] | None = None  # what axe found; None: not asked
    cut_off: list[str] | None = None  # what does not fit at 200 % text
    notice: str | None = None  # the privacy notice's words; empty: no link to one; None: not looked for
    answers: tuple[str, ...] = ()  # what two absent plates were told, plate and digits taken out
    seconds: dict[str, float] = field(default_factory=dict)  # differs each time: kept out of the verdict
    sizes: dict[str, int] = field(default_factory=dict)
