"""Photographs signs that do not hang yet: how often two decoders read each format, from how far.

    python -m tools.sign_photos [--rounds N] [--write docs/signs.md]

A camera like a phone's preview (1080 pixels across 50 degrees) looks at the printed face, code in the
middle, from half its reading distance to twice that. Each photo is spoiled in one way: seen from the side,
out of focus, in the dark, under a lamp, printed at 60 dpi, dirty over a tenth of the code; or in none; or
in all but the print at once. Looked at is the part round the code. Decoders: zxing-cpp, and the reader of
OpenCV that WeChat gave away (`wechat_qrcode`), which comes without its neural detector and so does less
than WeChat itself. Everything is drawn from fixed seeds: the same run gives the same numbers.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from lots.signs import typesetting
from lots.signs.print_formats import FORMATS
from lots.signs.sign_faces import Face, Ground, Hanging, pure_face
from lots.signs.sign_wording import PRESETS, City

type Picture = NDArray[np.uint8]

ADDRESS = "HTTPS://PAY.EXAMPLE.CN/P/0123456789ABCDEF"
WIDE = 1080  # the frame, in pixels
AROUND = 1.7  # times the code: the part of the frame that is looked at, as a detector would cut it out
LEAST = 160
FOCUS = 1160.0  # pixels: 50 degrees across
SHARPER = 2  # drawn this many times finer than the frame, then averaged, as a sensor does
WALL = 150
FACTORS = (0.5, 1.0, 1.5, 2.0)  # of the distance that the code is made for
QR: Any = zxingcpp.BarcodeFormat.QRCode
BEGIN, END = "<!-- sign_photos: begin -->", "<!-- sign_photos: end -->"
GROUND = Ground(
    "浦江广场停车场",
    "上海浦江商业管理有限公司",
    "021-5555 0100",
    "B1 层岗亭收现金，可找零",
    "12345 / 12315",
    24,
    City.SHANGHAI,
    PRESETS[City.SHANGHAI],
)


@dataclass(frozen=True)
class Spoil:
    """What is wrong with a photo. Angles in degrees, blur in pixels, the rest in parts of one."""

    name: str
    yaw: float = 0
    pitch: float = 0
    blur: float = 0
    light: float = 1
    noise: float = 2
    glare: float = 0
    dirt: float = 0
    on_finders: bool = False  # dirt may lie on the three squares that a decoder looks for first
    print_dpi: int = 0


SPOILS = (
    Spoil("正常 clean"),
    Spoil("斜拍 35° perspective", yaw=35, pitch=12),
    Spoil("失焦 blur", blur=1.2),
    Spoil("昏暗 low light", light=0.25, noise=5),
    Spoil("反光 glare", glare=0.75),
    Spoil("60 dpi 打印 print", print_dpi=60),
    Spoil("污损 5% dirt, finders clear", dirt=0.05),
    Spoil("污损 10%，不压定位角 dirt, finders clear", dirt=0.10),
    Spoil("污损 10%，任意位置 dirt anywhere", dirt=0.10, on_finders=True),
    Spoil("叠加 all mild", yaw=20, pitch=8, blur=0.7, light=0.4, noise=5, glare=0.35, dirt=0.05),
)


@cache
def face(name: str) -> Face:
    """Return the sample face of a format, its code as large as it gets."""
    return pure_face(GROUND, Hanging("12", "B2 层 3 号立柱", FORMATS[name], None, "2026-11-24"), ADDRESS)


@cache
def printed(name: str, dpi: int) -> Picture:
    """Return the printed sign in grey."""
    data = np.frombuffer(typesetting.png(face(name), dpi=dpi), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert picture is not None
    if picture.ndim == 3 and picture.shape[2] == 4:  # a round sign: the wall round it
        alpha = picture[..., 3:].astype(np.float32) / 255
        picture = (picture[..., :3] * alpha + WALL * (1 - alpha)).astype(np.uint8)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


@cache
def corners(name: str) -> NDArray[np.float64]:
    """Return where the code is on the sign: its four corners, in millimetres."""
    dpi = 100
    found = zxingcpp.read_barcode(printed(name, dpi), formats=QR)
    assert found is not None, name
    spot = found.position
    points = [spot.top_left, spot.top_right, spot.bottom_right, spot.bottom_left]
    return np.array([(point.x, point.y) for point in points], np.float64) * 25.4 / dpi


def photo(name: str, metres: float, spoil: Spoil, seed: int) -> Picture:
    """Return what the camera sees of a sign from `metres` away."""
    chance = np.random.default_rng([seed, round(metres * 1000), sum(name.encode())])
    density = FOCUS * SHARPER / (metres * 1000)  # pixels a millimetre, drawn finer than the frame
    dpi = spoil.print_dpi or max(40, min(300, round(density * 25.4 * 1.25)))
    sheet = printed(name, dpi).copy()
    square = corners(name) * dpi / 25.4
    if spoil.dirt:
        _soil(sheet, square, spoil, chance)
    seen = _project(sheet, square, dpi, metres, spoil, chance)
    return _expose(seen, spoil, chance)


def _soil(sheet: Picture, square: NDArray[np.float64], spoil: Spoil, chance: np.random.Generator) -> None:
    """Put blots of some modules on the code until enough of its area is covered."""
    low, high = square.min(axis=0), square.max(axis=0)
    side = float((high - low).mean())
    mask = np.zeros(sheet.shape, np.uint8)
    while np.count_nonzero(mask) < spoil.dirt * side * side:
        spot, radius = chance.random(2), chance.uniform(0.03, 0.08)
        if spoil.on_finders or not _on_finder(spot, radius):
            x, y = low + spot * (high - low)
            cv2.circle(mask, (round(x), round(y)), max(1, round(radius * side)), 255, -1)
    sheet[mask > 0] = chance.integers(60, 190)


def _on_finder(spot: NDArray[np.float64], radius: float) -> bool:
    """Say whether a blot touches one of the three corner squares, 7 modules of 29 wide and a white rim."""
    near, far = 8 / 29 + radius, 21 / 29 - radius
    x, y = spot
    return bool((x < near and (y < near or y > far)) or (x > far and y < near))


def _project(
    sheet: Picture,
    square: NDArray[np.float64],
    dpi: float,
    metres: float,
    spoil: Spoil,
    chance: np.random.Generator,
) -> Picture:
    """Return the sheet as a pinhole camera sees it, the code near the middle of the frame."""
    yaw, pitch = np.radians([spoil.yaw, spoil.pitch]) * chance.choice([-1, 1], 2)
    roll = np.radians(chance.uniform(-6, 6))
    turn = _turn(yaw, 1) @ _turn(pitch, 0) @ _turn(roll, 2)
    scale = 25.4 / dpi
    middle, side = square.mean(axis=0), float(np.ptp(square, axis=0).max())
    flat = np.array([[scale, 0, -middle[0] * scale], [0, scale, -middle[1] * scale], [0, 0, 1]])
    onto = np.column_stack([turn[:, 0], turn[:, 1], [0, 0, metres * 1000]])
    focus = FOCUS * SHARPER
    across = _window(side * scale, metres) * SHARPER
    centre = across / 2 + chance.uniform(-20, 20, 2)
    lens = np.array([[focus, 0, centre[0]], [0, focus, centre[1]], [0, 0, 1]])
    fine = cv2.warpPerspective(
        sheet, lens @ onto @ flat, (across, across), borderMode=cv2.BORDER_CONSTANT, borderValue=WALL
    )
    whole = (across // SHARPER, across // SHARPER)
    return np.asarray(cv2.resize(fine, whole, interpolation=cv2.INTER_AREA), np.uint8)


def _window(side: float, metres: float) -> int:
    """Return how many pixels across the looked-at part of the frame is, for a code of `side` millimetres."""
    return int(min(max(side * FOCUS / (metres * 1000) * AROUND, LEAST), WIDE))


def _turn(angle: float, axis: int) -> NDArray[np.float64]:
    vector = np.zeros(3)
    vector[axis] = angle
    return np.asarray(cv2.Rodrigues(vector)[0], np.float64)


def _expose(seen: Picture, spoil: Spoil, chance: np.random.Generator) -> Picture:
    """Return the frame with its light, its lamp, its blur and its noise."""
    frame = seen.astype(np.float32)
    if spoil.glare:
        tall, wide = frame.shape
        x, y = chance.uniform(0.35, 0.65, 2) * (wide, tall)
        rows, columns = np.mgrid[0:tall, 0:wide]
        spot = np.exp(-(((columns - x) / (wide * 0.22)) ** 2 + ((rows - y) / (tall * 0.14)) ** 2))
        frame += (255 * spoil.glare * spot).astype(np.float32)
    frame *= spoil.light
    if spoil.blur:
        frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), spoil.blur), np.float32)
    frame += chance.normal(0, spoil.noise, frame.shape).astype(np.float32)
    return np.clip(frame, 0, 255).astype(np.uint8)


def by_zxing(picture: Picture) -> bool:
    found = zxingcpp.read_barcodes(picture, formats=QR)
    return any(one.text == ADDRESS for one in found)


@cache
def _wechat() -> Any:
    return cv2.wechat_qrcode.WeChatQRCode()


def by_wechat(picture: Picture) -> bool:
    """Read with OpenCV's WeChat reader, as its package has it: without the models of its neural detector."""
    texts, _ = _wechat().detectAndDecode(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    return ADDRESS in texts


DECODERS: dict[str, Callable[[Picture], bool]] = {"zxing-cpp": by_zxing, "OpenCV WeChat": by_wechat}


@dataclass(frozen=True)
class Shot:
    """One photo and who read it."""

    form: str
    factor: float
    spoil: str
    read: tuple[bool, ...]


def shoot(names: Sequence[str], rounds: int) -> Iterator[Shot]:
    """Photograph each format from each distance in each condition, `rounds` times."""
    for name in names:
        for factor in FACTORS:
            for spoil in SPOILS:
                for seed in range(rounds):
                    picture = photo(name, face(name).fit.reach * factor, spoil, seed)
                    yield Shot(name, factor, spoil.name, tuple(read(picture) for read in DECODERS.values()))


def report(shots: Sequence[Shot], rounds: int) -> str:
    """Return the two tables of docs/signs.md."""
    lines = [
        f"Each cell: {len(SPOILS) * rounds} photos, {rounds} of each condition;"
        " left zxing-cpp, right OpenCV WeChat.",
        "",
        "| Format | Side of the code | Made for | "
        + " | ".join(f"from {factor:g} ×" for factor in FACTORS)
        + " |",
        "| --- | --- | --- | " + " | ".join("---" for _ in FACTORS) + " |",
    ]
    for name in dict.fromkeys(shot.form for shot in shots):
        size = face(name).fit
        cells = [_rates(shots, form=name, factor=factor) for factor in FACTORS]
        head = f"| {FORMATS[name].title} | {size.side:.0f} mm | {size.reach:.1f} m | "
        lines.append(head + " | ".join(cells) + " |")
    lines += [
        "",
        "By condition, all formats together:",
        "",
        "| Condition | " + " | ".join(f"from {factor:g} ×" for factor in FACTORS) + " |",
        "| --- | " + " | ".join("---" for _ in FACTORS) + " |",
    ]
    for spoil in SPOILS:
        cells = [_rates(shots, spoil=spoil.name, factor=factor) for factor in FACTORS]
        lines.append(f"| {spoil.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _rates(shots: Sequence[Shot], **which: object) -> str:
    chosen = [shot for shot in shots if all(getattr(shot, name) == value for name, value in which.items())]
    reads = [sum(shot.read[at] for shot in chosen) for at in range(len(DECODERS))]
    return " / ".join(f"{100 * count / len(chosen):.0f} %" for count in reads)


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Photograph signs that do not hang yet.")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--write", type=Path, help="page whose marked part gets the tables")
    given = parser.parse_args(words)
    told = report(list(shoot(given.formats.split(","), given.rounds)), given.rounds)
    print(told)
    if given.write:
        before, _, rest = given.write.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        given.write.write_text(f"{before}{BEGIN}\n\n{told}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
