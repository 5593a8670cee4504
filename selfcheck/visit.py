"""Plain values: what one visit to a page recorded. Rules judge them, reports show them.

A plate never stands in here. Where the test plate turned up, only its form is noted.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from selfcheck.sites import host_of, is_address, scheme_of


class Phase(StrEnum):
    """How far the visit had come when something happened."""

    ARRIVE = "arrive"  # the page was read, scrolled and touched; nothing was typed
    TYPE = "type"  # the plate is being typed and is not complete
    SUBMIT = "submit"  # the plate is complete: the fee is looked up
    PAY = "pay"  # the pay button was pressed; ends where the cashier begins


BEFORE_SUBMIT = (Phase.ARRIVE, Phase.TYPE)
FOLLOWING = "following"  # the moment after the cashier was opened, on the page itself
LATER = "later"  # minutes after: the page's clock was run ahead
DOWNLOADED = "下载文件 "  # begins what is noted of a file that pay gives
LED_ON = "led on"  # the moment after a press on the way to the plate
BEFORE_PAY = (*BEFORE_SUBMIT, Phase.SUBMIT)


@dataclass(frozen=True)
class Request:
    """One request of the page, as the proxy saw it."""

    phase: Phase
    method: str
    url: str  # tidied: no long tokens, no plate
    kind: str  # document, script, image, fetch, beacon, websocket, connection ...
    third: bool  # another site than the page's
    cname: str = ""  # what the host is an alias of, if that is another site
    plate: tuple[str, ...] = ()  # "url:plain", "body:base64", "body:part" ...
    main: bool = False  # it was to replace the page itself
    at: float = 0.0  # seconds since the visit began
    touched: bool = False  # made after the first touch or scroll
    query: bool = False  # the address carries parameters
    device: str = ""  # what it tells of the phone besides the headers that every request has
    identity: str = ""  # the name under which its body sends who the driver or the phone is
    amount: str = ""  # that a cashier is asked to collect, in yuan or fen
    unreadable: bool = False  # it sends what nobody can read
    series: bool = False  # its body holds a run of growing numbers, as moments of keys or touches are


@dataclass(frozen=True)
class Hop:
    """One step on the way from the code to the page."""

    url: str
    how: str  # http, script, scheme
    third: bool  # another site than the one before


@dataclass(frozen=True)
class StoredItem:
    """Something that the page left in the browser: a cookie, or an entry of a storage."""

    phase: Phase
    where: str  # cookie, localStorage, sessionStorage, indexedDB, cache, worker, files, ETag, file bytes
    name: str
    third: bool
    hours: int  # 0: until the browser is closed
    by: str  # the address or script that wrote it
    plate: tuple[str, ...] = ()


@dataclass(frozen=True)
class BrowserCall:
    """A call of an interface of the browser or the app that a parking page does not need."""

    phase: Phase
    name: str
    by: str
    detail: str = ""
    app: bool = False  # of the bridge to the app around the page


@dataclass(frozen=True)
class Field:
    tag: str
    type: str
    name: str
    label: str  # its label, placeholder, aria-label and the text before it
    autocomplete: str
    visible: bool
    ticked: bool
    plate: bool  # the plate goes here
    lurks: bool = False  # it is drawn where nobody sees it: a browser fills it in all the same


@dataclass(frozen=True)
class PageControl:
    """Something that can be pressed."""

    text: str
    href: str
    third: bool  # leads to another site that is no known cashier
    picture: bool
    area: int  # square CSS pixels
    ad: bool  # named as an advertisement in the markup
    disabled: bool = False
    frame: bool = False  # an embedded page of another site
    sends: bool = False  # it sends a form that does not hold the plate
    key: bool = False  # it stands among the keys of the page's own keyboard


@dataclass(frozen=True)
class Overlay:
    """What lies over the page and takes the touches meant for it."""

    text: str
    share: int  # per cent of the screen
    keys: int  # single-character buttons in it: a keyboard has many
    controls: tuple[str, ...] = ()
    fields: int = 0
    modal: bool = False
    pictures: int = 0  # large ones in it
    trap: str = ""  # it shows nothing, and where it is touched this opens
    frame: str = ""  # the address of a page that is embedded in it


@dataclass(frozen=True)
class Picture:
    """A large picture, with the text that was read in it (where OCR is installed)."""

    alt: str
    src: str
    text: str = ""
    href: str = ""
    unread: bool = False  # it may hold words that were not read: no OCR is installed, or it failed
    code: str = ""  # what a QR in it says
    acts: bool = False  # it leads somewhere or does something when it is touched


@dataclass(frozen=True)
class Mark:
    """Where something stands on a screen, in CSS pixels of the window."""

    kind: str  # text, control, field, overlay
    text: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Screen:
    """The page as it stood at one moment."""

    url: str
    title: str
    text: str
    fields: tuple[Field, ...] = ()
    controls: tuple[PageControl, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    pictures: tuple[Picture, ...] = ()
    hints: tuple[str, ...] = ()  # other sites that the markup has the browser connect to
    phase: Phase = Phase.ARRIVE
    moment: str = ""  # "opened", "waited", "touched", "scrolled", "typed", "fee", "pay", "second visit" ...
    shot: str = ""  # the name of its screenshot, where evidence is collected
    clear: tuple[str, ...] = ()  # addresses without TLS that a form of a page with TLS sends to
    media: tuple[str, ...] = ()  # sounds and films that play by themselves
    faint: tuple[str, ...] = ()  # text that nobody can read: too small, or of the colour of its background
    pale: tuple[str, ...] = ()  # amounts that are hard to read
    ways: tuple[str, ...] = ()  # to pay, among which one is chosen before a button pays
    looks: str = field(default="", compare=False, repr=False)  # colours and size of letters of the whole page
    marks: tuple[Mark, ...] = field(default=(), compare=False, repr=False)


@dataclass
class Visit:
    """One way through the page on one kind of phone."""

    phone: str
    scripts: bool
    start: str
    url: str = ""
    status: int = 0
    hops: list[Hop] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    each_key: str = ""  # the path to which something was sent at each key
    computed: dict[str, str] = field(
        default_factory=dict
    )  # digest of what the page put into an address: that address
    stored: list[StoredItem] = field(default_factory=list)
    calls: list[BrowserCall] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    answer_headers: dict[str, str] = field(default_factory=dict)
    addresses: list[tuple[str, str]] = field(default_factory=list)  # form of the plate, tidied address
    dialogs: list[str] = field(default_factory=list)
    popups: list[str] = field(default_factory=list)
    downloads: list[str] = field(default_factory=list)
    typed_by: str = ""  # field, boxes, keys, wheels, focus; empty: the plate was not typed
    known_car: bool = False  # the first page shows a fee and asks for no plate, as at an exit lane
    untyped: bool = False  # there was a place for the plate, and typing there did not succeed
    before_plate: list[str] = field(
        default_factory=list
    )  # what had to be pressed before the plate could be typed
    acts: int = 0  # the plate and its look-up are one act; each further press is one
    fee: bool = False  # an amount was shown for the plate
    other_fee: str = ""  # the fee, and what the same stay costs a phone of another language
    grown_fee: str = ""  # the fee, and what the same bill tells at the end of the visit
    looked_up_at: float = 0.0  # when; not part of the verdict
    pressed_pay: bool = False
    paid_by: list[str] = field(default_factory=list)  # the words of what was pressed from the fee on
    led_on: set[str] = field(default_factory=set)  # the words of buttons that led to the fee or the cashier
    denied_behind: set[str] = field(
        default_factory=set
    )  # the words of what only says that something is not asked for
    apart_behind: set[str] = field(
        default_factory=set
    )  # the words of entries for members whose page says that paying needs none
    opened_keys: set[str] = field(default_factory=set)  # the words of what opened a keyboard or a field
    pay_disabled: bool = False  # there was a pay button, and it could not be pressed
    cashier: str = ""  # host or scheme of the cashier, once reached
    cashier_unknown: str = ""  # a payment page whose host is in no list
    waylaid: str = ""  # what came between the pay button and the cashier
    stopped: list[str] = field(default_factory=list)  # why the visit ended early
    missed: list[str] = field(default_factory=list)  # what was tried and did not succeed (Chinese)
    unread: bool = False  # a screen held more than is read
    unread_answer: bool = False  # an answer to the look-up was too long, or packed in an unknown way
    unheard: bool = (
        False  # a web socket to the page's own site did not open: what it would carry was not seen
    )
    unrecorded: bool = False  # the page made more calls than are recorded
    behind: list[tuple[str, Screen]] = field(
        default_factory=list
    )  # what a link or button led to: its text, the page
    other_payments: list[tuple[str, Screen]] = field(
        default_factory=list
    )  # what else offered to pay, beside the fee or on the site's own cashier, and what it led to
    way_taken: list[str] = field(default_factory=list)  # to pay, because the page waited for a choice
    untried_ways: list[str] = field(default_factory=list)  # to pay, that were offered and not tried
    asked_again: list[Screen] = field(default_factory=list)  # the answers to look-ups after that of the fee
    later: list[Screen] = field(default_factory=list)  # what the page shows after minutes
    ahead: int = 0  # seconds that the clock of the fee's page was run ahead
    polls_on: bool = False  # it asked its server more often than a visit lets it: later answers were not seen
    afterwards: list[Screen] = field(default_factory=list)  # what follows a payment, as far as it was seen
    unseen_afterwards: str = ""  # what of it was not seen (Chinese)
    did: set[str] = field(default_factory=set)  # waited, scrolled, touched, revisited, compared ...
    barriers: list[str] | None = None  # what axe found; None: not run
    cut_off: list[str] | None = None  # what does not fit at 200 % text
    opens_notice: set[str] = field(default_factory=set)  # the words of links to it
    notice: str | None = None  # the text of the privacy notice; empty: no link to one; None: not looked for
    disclosed: list[tuple[str, str]] = field(
        default_factory=list
    )  # what the fee's data held besides: kind, name
    # What a page hands out that opens the operator's accounts: its name, the address, whether it is certain.
    secrets: list[tuple[str, str, bool]] = field(default_factory=list)
    phone_only: set[str] = field(default_factory=set)  # functions that scripts name and this browser lacks
    traps_back: bool = False  # the page was tried, and going back did not leave it
    answers: tuple[str, ...] = ()  # answers to two absent plates, plate and digits taken out
    cloaked: list[str] = field(
        default_factory=list
    )  # what a browser that admits to be automated is not shown
    seconds: dict[str, float] = field(default_factory=dict)  # differs each time: not part of the verdict
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def in_clear(self) -> bool:
        """Return whether the page came over http, and from no address of one's own network."""
        host = host_of(self.url)
        return scheme_of(self.url) == "http" and host != "localhost" and not is_address(host)

    def last(self, phase: Phase) -> Screen | None:
        """Return the last screen of a phase."""
        return next((screen for screen in reversed(self.screens) if screen.phase is phase), None)

    def first(self, phase: Phase) -> Screen | None:
        return next((screen for screen in self.screens if screen.phase is phase), None)

    def adds(self, text: str) -> bool:
        """Return whether a text has words that the first screen does not show."""
        first = self.first(Phase.ARRIVE)
        return not first or not set(text.split()) <= set(first.text.split())
