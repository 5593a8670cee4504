"""The report of a photo: the picture with each code framed and numbered, and what is wrong with the sign."""

import base64
import shutil
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from selfcheck.check_reports import About, print_pdf, template
from selfcheck.photos import Judged, PhotoSign
from selfcheck.verdicts import dump

COLOURS = {"pure": (11, 107, 69), "member": (122, 90, 0)}
BAD = (179, 38, 30)


def marked(photo: bytes, rows: Sequence[Judged], sign: PhotoSign) -> bytes:
    """Return the photo as a JPEG: a numbered frame around each code, circles where another code shows."""
    from PIL import Image, ImageDraw, ImageFont, ImageOps

    image = ImageOps.exif_transpose(Image.open(BytesIO(photo))).convert("RGB")
    image.thumbnail((1600, 1600))
    draw = ImageDraw.Draw(image)
    line = max(3, image.width // 200)
    for number, row in enumerate(rows, 1):
        code, colour = row.code, COLOURS.get(row.kind, BAD)
        left, top = code.x * image.width, code.y * image.height
        right, bottom = left + code.width * image.width, top + code.height * image.height
        draw.rectangle((left, top, max(right, left + 1), max(bottom, top + 1)), outline=colour, width=line)
        font = ImageFont.load_default(7 * line)
        box = draw.textbbox((left + 2 * line, top + line), str(number), font=font)
        draw.rectangle((left, top, box[2] + 2 * line, box[3] + 2 * line), fill=colour)
        draw.text((left + 2 * line, top + line), str(number), fill=(255, 255, 255), font=font)
    for x, y in (sign.remains or {}).values():
        size, across, down = 8 * line, x * image.width, y * image.height
        draw.ellipse((across - size, down - size, across + size, down + size), outline=BAD, width=line)
    out = BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def write_photo_report(
    folder: Path,
    photo: Path,
    rows: Sequence[Judged],
    sign: PhotoSign,
    document: dict[str, Any],
    about: About,
) -> Path:
    """Write photo, marked photo, result and report into the folder."""
    shutil.copyfile(photo, folder / f"photo{photo.suffix.lower()}")
    raw = photo.read_bytes()
    picture = marked(raw, rows, sign)
    (folder / "marked.jpg").write_bytes(picture)
    (folder / "result.json").write_text(dump(document), encoding="utf-8")
    html = template("photo_report.html").render(
        document=document,
        rows=list(enumerate(rows, 1)),
        about=about,
        picture=base64.b64encode(picture).decode(),
    )
    path = folder / "report.html"
    path.write_text(html, encoding="utf-8")
    (folder / "report.pdf").write_bytes(print_pdf(html))
    return path
