"""The boxes of a PDF for the press: what is paper, what is bleed, what remains after the cut. Pure.

Typst writes the media box alone. A round sticker also gets its cutting line as a spot colour of its own,
which a cutter follows and a press does not print.
"""

from collections.abc import Sequence
from io import BytesIO

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    RectangleObject,
)

from lots.signs.print_formats import BLEED, SLUG, Layout, PrintFormat

POINT = 72 / 25.4  # points a millimetre
CUT = "CutContour"  # what cutters look for
_ROUND = 0.5522847498  # of the radius: where the handles of a quarter circle are


def mark(pdf: bytes, forms: Sequence[PrintFormat]) -> bytes:
    """Return the PDF with a trim and a bleed box on each page."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    for page, form in zip(writer.pages, forms, strict=True):
        page.trimbox = page.artbox = _box(form, SLUG)
        page.bleedbox = _box(form, SLUG - BLEED)
        page.cropbox = page.mediabox
        if form.layout == Layout.ROUND:
            _add_cut(writer, page, form)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def pages(pdf: bytes) -> list[bytes]:
    """Return each page as a PDF of its own, with its boxes."""
    reader, found = PdfReader(BytesIO(pdf)), []
    for page in reader.pages:
        writer, out = PdfWriter(), BytesIO()
        writer.add_page(page)
        if reader.metadata:
            writer.add_metadata({name: str(text) for name, text in reader.metadata.items()})
        writer.write(out)
        found.append(out.getvalue())
    return found


def _box(form: PrintFormat, inset: float) -> RectangleObject:
    """Return the box that lies `inset` inside the sheet, in points."""
    right = form.width + 2 * SLUG - inset
    top = form.height + 2 * SLUG - inset
    return RectangleObject((inset * POINT, inset * POINT, right * POINT, top * POINT))


def _add_cut(writer: PdfWriter, page: PageObject, form: PrintFormat) -> None:
    resources = page["/Resources"].get_object()
    assert isinstance(resources, DictionaryObject)
    spaces = resources.setdefault(NameObject("/ColorSpace"), DictionaryObject()).get_object()
    states = resources.setdefault(NameObject("/ExtGState"), DictionaryObject()).get_object()
    spaces[NameObject("/Cut")] = _spot()
    states[NameObject("/Over")] = DictionaryObject(
        {NameObject("/OP"): BooleanObject(True), NameObject("/OPM"): NumberObject(1)}
    )
    line = DecodedStreamObject()
    line.set_data(_circle(form).encode())
    contents = page["/Contents"]
    before = list(contents) if isinstance(contents, ArrayObject) else [page.raw_get("/Contents")]
    page[NameObject("/Contents")] = ArrayObject([*before, writer._add_object(line)])


def _spot() -> ArrayObject:
    """Return the spot colour, shown as magenta where it is only looked at."""
    tint = DictionaryObject(
        {
            NameObject("/FunctionType"): NumberObject(2),
            NameObject("/Domain"): ArrayObject([NumberObject(0), NumberObject(1)]),
            NameObject("/C0"): ArrayObject([FloatObject(0)] * 4),
            NameObject("/C1"): ArrayObject([FloatObject(part) for part in (0, 1, 0, 0)]),
            NameObject("/N"): NumberObject(1),
        }
    )
    return ArrayObject([NameObject("/Separation"), NameObject(f"/{CUT}"), NameObject("/DeviceCMYK"), tint])


def _circle(form: PrintFormat) -> str:
    radius = form.width / 2 * POINT
    x, y = (SLUG + form.width / 2) * POINT, (SLUG + form.height / 2) * POINT
    c = radius * _ROUND
    quarters = [
        (x + radius, y + c, x + c, y + radius, x, y + radius),
        (x - c, y + radius, x - radius, y + c, x - radius, y),
        (x - radius, y - c, x - c, y - radius, x, y - radius),
        (x + c, y - radius, x + radius, y - c, x + radius, y),
    ]
    curves = " ".join(" ".join(f"{number:.3f}" for number in quarter) + " c" for quarter in quarters)
    return f"\nq /Over gs /Cut CS 1 SCN 0.5 w {x + radius:.3f} {y:.3f} m {curves} s Q\n"
