"""Prints QR codes in a terminal, two rows of modules per line of half blocks."""

import qrcode

BLACK_ON_WHITE, RESET = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
QUIET_ZONE = 4  # modules on every side, as the standard requires
HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def modules(text: str) -> list[list[bool]]:
    """Return the modules of a code, True for dark, quiet zone included."""
    code = qrcode.QRCode(border=QUIET_ZONE, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    return [[bool(cell) for cell in row] for row in code.get_matrix()]


def lines(text: str, *, colour: bool) -> list[str]:
    """Return the lines to print.

    In colour they are black on white, whatever the terminal's colours are. Without colour (output to a file)
    dark modules are printed characters, as on paper.
    """
    rows = modules(text)
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    printed = [
        "".join(HALVES[upper, lower] for upper, lower in zip(above, below, strict=True))
        for above, below in zip(rows[::2], rows[1::2], strict=True)
    ]
    return [f"{BLACK_ON_WHITE}{line}{RESET}" for line in printed] if colour else printed
