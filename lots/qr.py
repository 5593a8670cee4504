"""Codes as pictures: the address of a sign as a QR that phones read fast.

The address is upper case, which a QR stores in alphanumeric mode: one version smaller, larger modules.
"""

from io import BytesIO

import qrcode
from django.conf import settings
from qrcode.constants import ERROR_CORRECT_Q

from lots.models import Sign


def sign_address(sign: Sign) -> str:
    """Return what the sign's QR says, for example HTTPS://PAY.EXAMPLE.CN/P/0123456789ABCDEF."""
    return f"{settings.PUBLIC_URL}/P/{sign.code}".upper()


def qr_png(text: str, *, module: int = 12) -> bytes:
    """Return a black and white PNG with the quiet zone, `module` pixels a module, error correction Q."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, box_size=module, border=4)
    code.add_data(text)
    out = BytesIO()
    code.make_image().save(out)
    return out.getvalue()
