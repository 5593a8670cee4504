"""Whether something acts on what a sentence says: words alone accuse nobody."""

from collections.abc import Collection

from selfcheck import covers, page_wording
from selfcheck.cashiers import cashier_at
from selfcheck.page_controls import of_parking
from selfcheck.plain_chinese import simplified
from selfcheck.sites import is_public
from selfcheck.visit import PageControl, Picture, Screen

NEAR = 2  # lines before and after a sentence: what can be pressed there belongs to it
_HEAD = 12  # characters by which a sentence is found again


def acts_on(clause: str, screen: Screen, led_on: Collection[str]) -> bool:
    """Return whether an overlay shows the sentence, a control is near it, or a picture says more."""
    key = _bare(clause)[:_HEAD]
    if any(key in _bare(o.text) for o in screen.overlays if covers.overlay_kind(o) != "keyboard"):
        return True
    if any(map(_speaks_of_other_things, screen.pictures)):
        return True
    lines = [bare for line in screen.text.splitlines() if (bare := _bare(line))]
    places = [number for number, line in enumerate(lines) if key in line]
    around = {line for place in places for line in lines[max(0, place - NEAR) : place + NEAR + 1]}
    labels = {_bare(control.text) for control in screen.controls if _may_act(control, led_on)}
    return any(label in line or line in label for label in labels for line in around)


def _bare(text: str) -> str:
    return "".join(simplified(text).split())


def _may_act(control: PageControl, led_on: Collection[str]) -> bool:
    """Return whether a control may do what a sentence says: it neither looks up, nor pays, nor explains."""
    text = simplified(control.text).strip()
    if len(text) <= 1 or control.frame or control.text in led_on or page_wording.is_pay(text):
        return False
    if control.href.startswith(("tel:", "mailto:")) or is_public(control.href) or cashier_at(control.href):
        return False
    if page_wording.LOOK_UP.search(text) and not led_on:
        return False  # the look-up itself led nowhere
    return not (control.href and not control.third and of_parking(text))


def _speaks_of_other_things(picture: Picture) -> bool:
    text = simplified(picture.text or picture.alt).strip()
    return bool(picture.code or (text and not page_wording.speaks_of_parking(text) and not of_parking(text)))
