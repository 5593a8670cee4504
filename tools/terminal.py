"""QR codes for a terminal: two rows of modules in one line of half blocks."""

import qrcode

BLACK_ON_WHITE, RESET = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
QUIET_ZONE = 4  # modules on every side: the standard's own number
HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def modules(text: str) -> list[list[bool]]:
    """Return the dark modules of a code, quiet zone included."""
    code = qrcode.QRCode(border=QUIET_ZONE, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    return [[bool(cell) for cell in row] for row in code.get_matrix()]


def lines(text: str, *, colour: bool) -> list[str]:
    """Return the lines to print; in colour they are black on white whatever the terminal's own colours are.

    Without colour (into a file) dark modules are ink, as on paper.
    """
    rows = modules(text)
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    printed = [
        "".join(HALVES[upper, lower] for upper, lower in zip(above, below, strict=True))
        for above, below in zip(rows[::2], rows[1::2], strict=True)
    ]
    return [f"{BLACK_ON_WHITE}{line}{RESET}" for line in printed] if colour else printed
