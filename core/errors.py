"""Known failures. Each has a stable `code`; a page or an API answer turns it into a sentence."""


class ParkingError(Exception):
    """A failure that the caller can explain; anything else is a bug."""

    code = "error"
