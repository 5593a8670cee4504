"""Makes the pictures of docs/signs.md anew: `python -m tools.sign_pictures`."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from lots.signs import typesetting
from lots.signs.print_formats import FORMATS
from lots.signs.sign_faces import Face, Hanging, Member, member_face
from tools.machine import ROOT
from tools.sign_photos import GROUND, SPOILS, face, photo

FOLDER = ROOT / "docs" / "images" / "signs"
WALL = (214, 216, 214)
GAP = 24
COLOURS = 96
MEMBER = Member(
    "浦江会 会员码",
    "https://weixin.qq.com/r/Abc123",
    "手机号（注册会员、积分抵扣停车费）",
    "出口通道右侧立柱",
    "right",
)


def drawn(one: Face, pixels: int) -> Image.Image:
    """Return a face whose longer side has that many pixels."""
    dpi = pixels / max(one.form.width, one.form.height) * 25.4
    picture = Image.open(BytesIO(typesetting.png(one, dpi=dpi))).convert("RGBA")
    wall = Image.new("RGBA", picture.size, (*WALL, 255))
    return Image.alpha_composite(wall, picture).convert("RGB")


def beside(pictures: list[Image.Image]) -> Image.Image:
    """Return pictures on one wall, side by side, their middles on one line."""
    tall = max(one.height for one in pictures)
    wide = sum(one.width for one in pictures) + GAP * (len(pictures) + 1)
    wall = Image.new("RGB", (wide, tall + 2 * GAP), WALL)
    x = GAP
    for one in pictures:
        wall.paste(one, (x, GAP + (tall - one.height) // 2))
        x += one.width + GAP
    return wall


def keep(picture: Image.Image, name: str) -> Path:
    """Write a picture with the few colours it needs."""
    file = FOLDER / name
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    hanging = Hanging("会1", "出口通道左侧", FORMATS["a4"], None, "2026-11-24")
    pair = [drawn(face("a4"), 620), drawn(member_face(GROUND, hanging, MEMBER), 620)]
    small = ["sticker-round", "sticker-square", "window", "a5"]
    seen = [
        Image.fromarray(photo("a4", face("a4").fit.reach, spoil, 1)).convert("RGB") for spoil in SPOILS[1:8]
    ]
    made = [
        keep(beside(pair), "pure-and-member.png"),
        keep(beside([one.convert("L").convert("RGB") for one in pair]).reduce(2), "without-colour.png"),
        keep(beside([drawn(face(name), 380) for name in small]), "small.png"),
        keep(beside([drawn(face("pillar"), 1100), drawn(face("lane"), 420)]), "large.png"),
        keep(beside(seen), "photos.png"),
    ]
    for file in made:
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
