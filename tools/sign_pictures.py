"""Regenerates the images of docs/signs.md: `python -m tools.sign_pictures`."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from lots.signs import typesetting
from lots.signs.print_formats import FORMATS
from lots.signs.sign_faces import Face, Hanging, MemberFace, member_face
from tools.machine import ROOT
from tools.sign_photos import CONDITIONS, GROUND, face, photo

FOLDER = ROOT / "docs" / "images" / "signs"
WALL = (214, 216, 214)
GAP = 24
PALETTE_SIZE = 96
MEMBER = MemberFace(
    "浦江会 会员码",
    "https://weixin.qq.com/r/Abc123",
    "手机号（注册会员、积分抵扣停车费）",
    "出口通道右侧立柱",
    "right",
)


def draw(sign: Face, pixels: int) -> Image.Image:
    """Return an image of a sign face whose longer side has that many pixels."""
    dpi = pixels / max(sign.form.width, sign.form.height) * 25.4
    image = Image.open(BytesIO(typesetting.png(sign, dpi=dpi))).convert("RGBA")
    wall = Image.new("RGBA", image.size, (*WALL, 255))
    return Image.alpha_composite(wall, image).convert("RGB")


def side_by_side(images: list[Image.Image]) -> Image.Image:
    """Return the images in one row on a wall, vertically centred."""
    height = max(image.height for image in images)
    width = sum(image.width for image in images) + GAP * (len(images) + 1)
    wall = Image.new("RGB", (width, height + 2 * GAP), WALL)
    x = GAP
    for image in images:
        wall.paste(image, (x, GAP + (height - image.height) // 2))
        x += image.width + GAP
    return wall


def save(image: Image.Image, name: str) -> Path:
    """Write an image with a reduced palette and return its path."""
    file = FOLDER / name
    image.quantize(PALETTE_SIZE, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    hanging = Hanging("会1", "出口通道左侧", FORMATS["a4"], None, "2026-11-24")
    pair = [draw(face("a4"), 620), draw(member_face(GROUND, hanging, MEMBER), 620)]
    small = ["sticker-round", "sticker-square", "window", "a5"]
    photos = [
        Image.fromarray(photo("a4", face("a4").fit.reach, condition, 1)).convert("RGB")
        for condition in CONDITIONS[1:8]
    ]
    files = [
        save(side_by_side(pair), "pure-and-member.png"),
        save(
            side_by_side([image.convert("L").convert("RGB") for image in pair]).reduce(2),
            "without-colour.png",
        ),
        save(side_by_side([draw(face(name), 380) for name in small]), "small.png"),
        save(side_by_side([draw(face("pillar"), 1100), draw(face("lane"), 420)]), "large.png"),
        save(side_by_side(photos), "photos.png"),
    ]
    for file in files:
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
