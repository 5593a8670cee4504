"""Screenshots for reports, with a frame around what breaches a rule."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from selfcheck.breaches import Finding
from selfcheck.plain_chinese import simplified
from selfcheck.visit import Mark, Screen

COLOUR = (200, 30, 30)
SHORTEST = 3  # characters that must agree, so that a mark is of what was found
MOST = 6  # frames on one picture


def marks_for(findings: Sequence[Finding], phone: str, screen: Screen) -> list[tuple[str, Mark]]:
    """Return what to frame on a screen: the rule, and where what it found stands; each place once."""
    found: dict[Mark, str] = {}
    for finding in findings:
        if phone not in finding.phone.split("、"):
            continue
        evidence = _plain(finding.evidence)
        fitting = [mark for mark in screen.marks if _fits(_plain(mark.text), evidence, mark.kind)]
        if fitting:  # the smallest: a clause stands in a paragraph, the paragraph in a page
            best = min(fitting, key=lambda mark: mark.width * mark.height)
            found.setdefault(best, finding.rule)
    return [(rule, mark) for mark, rule in found.items()][:MOST]


def _plain(text: str) -> str:
    return "".join(simplified(text).split()).casefold()


def _fits(text: str, evidence: str, kind: str) -> bool:
    if kind == "control" and (evidence == f"按钮{text}" or evidence.startswith((f"链接{text}→", f"{text}→"))):
        return bool(text)
    if min(len(text), len(evidence)) < SHORTEST:
        return False
    if kind == "field":
        return evidence.startswith("<") and text in evidence.replace(">", "")
    return text in evidence or evidence.strip("，。！；") in text or evidence[:12] in text


def marked_shot(path: Path, marks: Sequence[tuple[str, Mark]]) -> bytes:
    """Return a screenshot as PNG with a frame and the rule's number at each mark."""
    from PIL import Image, ImageDraw, ImageFont

    with Image.open(path) as opened:
        image = opened.convert("RGB")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    for rule, mark in marks:
        left, top = max(1, mark.x - 2), max(1, mark.y - 2)
        right = min(image.width - 2, mark.x + mark.width + 2)
        bottom = min(image.height - 2, mark.y + mark.height + 2)
        if right <= left or bottom <= top:
            continue
        draw.rectangle((left, top, right, bottom), outline=COLOUR, width=3)
        above = max(0, top - 18)  # the label hides nothing of what is framed, unless that begins at the top
        box = draw.textbbox((left + 3, above + 2), rule, font=font)
        draw.rectangle((left, above, box[2] + 3, box[3] + 2), fill=COLOUR)
        draw.text((left + 3, above + 2), rule, fill=(255, 255, 255), font=font)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
