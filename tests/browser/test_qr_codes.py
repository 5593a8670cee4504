"""The code on the sign and the code in the terminal lead a browser to the page."""

import io

import pytest
import zxingcpp
from PIL import Image

from lots.sign_qr import qr_png
from tools.terminal import lines

HALF = {" ": (255, 255), "▀": (0, 255), "▄": (255, 0), "█": (0, 0)}


def printed_image(text):
    return Image.open(io.BytesIO(qr_png(text)))


def terminal_image(text):
    """Draw what the terminal shows: each character is two squares, one above the other."""
    rows = lines(text, colour=False)
    picture = Image.new("L", (len(rows[0]), 2 * len(rows)))
    for y, row in enumerate(rows):
        for x, character in enumerate(row):
            for half, shade in enumerate(HALF[character]):
                picture.putpixel((x, 2 * y + half), shade)
    return picture.resize((8 * picture.width, 8 * picture.height), Image.Resampling.NEAREST)


@pytest.mark.parametrize("picture", [printed_image, terminal_image])
@pytest.mark.parametrize(
    ("sign", "shown"), [("pure", "#plate"), ("exit_sign", "#plate"), ("entry_sign", ".card button.go")]
)
def test_qr_code_opens_its_page(car_park, phone, picture, sign, shown):
    address = car_park.scan(getattr(car_park, sign))
    read = zxingcpp.read_barcodes(picture(address).convert("L"))
    assert [code.text for code in read] == [address]
    phone.page.goto(read[0].text)
    phone.page.locator(shown).wait_for()
    phone.sees("浦江广场地下停车库")
    assert len(phone.asked) == 1


def test_qr_version_is_at_most_three():
    import qrcode
    from qrcode.constants import ERROR_CORRECT_Q

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q)
    code.add_data("HTTPS://PAY.EXAMPLE.CN/P/0123456789ABCDEF")
    assert code.best_fit() <= 3
