"""Codes as pictures: the address of a sign as a QR that phones read fast.

The address is upper case, which a QR stores in alphanumeric mode: one version smaller, larger modules.
"""

from io import BytesIO

from django.conf import settings

from lots.models import Sign


def sign_address(sign: Sign) -> str:
    """Return what the sign's QR says, for example HTTPS://PAY.EXAMPLE.CN/P/0123456789ABCDEF."""
    return f"{settings.PUBLIC_URL}/P/{sign.code}".upper()


def qr_png(text: str, *, module: int = 12) -> bytes:
    """Return a black and white PNG with the quiet zone, `module` pixels a module, level Q or better."""
    from PIL import Image, ImageDraw  # large, and a driver's process rarely draws

    from lots.signs.qr_symbol import QUIET, symbol

    code = symbol(text)
    side = code.with_quiet * module
    picture = Image.new("1", (side, side), 1)
    pen = ImageDraw.Draw(picture)
    for y, row in enumerate(code.rows, QUIET):
        for x, dark in enumerate(row, QUIET):
            if dark:
                pen.rectangle((x * module, y * module, (x + 1) * module - 1, (y + 1) * module - 1), fill=0)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def qr_svg(text: str) -> str:
    """Return a code for another phone as SVG, black on white also where the page is dark.

    It is drawn on the server: no picture is fetched and no script draws it.
    """
    from qrcode import QRCode
    from qrcode.constants import ERROR_CORRECT_M

    from lots.signs.qr_symbol import QUIET

    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    rows = code.get_matrix()
    size = len(rows)
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return (
        f'<svg class="qr" viewBox="0 0 {size} {size}" shape-rendering="crispEdges" aria-hidden="true">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    )
