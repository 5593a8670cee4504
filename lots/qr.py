"""Codes as pictures: the address of a sign as a QR that phones read fast.

The address is upper case, which a QR stores in alphanumeric mode: one version smaller, larger modules.
"""

from io import BytesIO

from django.conf import settings
from PIL import Image, ImageDraw

from lots.models import Sign
from lots.printing.symbol import QUIET, symbol


def sign_address(sign: Sign) -> str:
    """Return what the sign's QR says, for example HTTPS://PAY.EXAMPLE.CN/P/0123456789ABCDEF."""
    return f"{settings.PUBLIC_URL}/P/{sign.code}".upper()


def qr_png(text: str, *, module: int = 12) -> bytes:
    """Return a black and white PNG with the quiet zone, `module` pixels a module, level Q or better."""
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
