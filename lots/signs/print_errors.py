"""Why a sign is not printed. Messages are for staff: they name rows, places and characters, no person."""

from collections.abc import Sequence

from core.errors import ParkingError
from lots.signs.sign_messages import message as _


class CannotPrint(ParkingError):
    """A sign would come out wrong, so none is made."""

    code = "cannot_print"


class MissingGlyphs(CannotPrint):
    """No font here has these characters; they would be printed as hollow boxes."""

    code = "missing_glyphs"

    def __init__(self, characters: Sequence[str]) -> None:
        named = " ".join(f"{one} (U+{ord(one):04X})" for one in characters)
        super().__init__(
            _(
                "No font here has these characters: %(named)s. Install fonts-noto-cjk, or use others.",
                named=named,
            )
        )
        self.characters = tuple(characters)


class WordingFault(CannotPrint):
    """The wording leaves out what the rule requires, or does not fit."""

    code = "wording_fault"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class TextTooLong(CannotPrint):
    """A text does not fit on the sign even in its smallest size."""

    code = "text_too_long"


class WrongMemberSign(CannotPrint):
    """The data of a member sign cannot become one."""

    code = "wrong_member_sign"


class PlanFaults(CannotPrint):
    """A plan has errors; `faults` names each row and its reason. Nothing was printed."""

    code = "plan_faults"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
