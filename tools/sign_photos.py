"""Measures how often two decoders read each sign format, from which distance, in simulated photos.

    python -m tools.sign_photos [--rounds N] [--write docs/signs.md]

The camera corresponds to a phone's preview (1080 pixels across 50 degrees), with the code in the middle,
from half its reading distance to twice that. Each photo has one impairment: taken from the side, out of
focus, low light, glare, printed at 60 dpi, dirt on a tenth of the code; or none; or all but the print at
once. Only the area around the code is decoded. Decoders: zxing-cpp, and OpenCV's `wechat_qrcode`, which
WeChat published; it comes without its neural detector and so reads less than WeChat itself. All randomness
is seeded, so runs are reproducible.
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

type Photo = NDArray[np.uint8]

ADDRESS = "HTTPS://PAY.EXAMPLE.CN/P/0123456789ABCDEF"
FRAME_WIDTH = 1080  # pixels
CROP_FACTOR = 1.7  # side of the decoded area, relative to the code
MIN_CROP = 160  # pixels
FOCAL_LENGTH = 1160.0  # pixels: 50 degrees across the frame
SUPERSAMPLING = 2  # drawn finer than the frame, then averaged, as a sensor does
WALL_GREY = 150
DISTANCE_FACTORS = (0.5, 1.0, 1.5, 2.0)  # of the reading distance of the code
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
class Condition:
    """Impairments of a photo. Angles in degrees, blur in pixels, the others as fractions."""

    name: str
    yaw: float = 0
    pitch: float = 0
    blur: float = 0
    light: float = 1
    noise: float = 2
    glare: float = 0
    dirt: float = 0
    on_finders: bool = False  # dirt may cover the finder patterns, which decoders search first
    print_dpi: int = 0


CONDITIONS = (
    Condition("正常 clean"),
    Condition("斜拍 35° perspective", yaw=35, pitch=12),
    Condition("失焦 blur", blur=1.2),
    Condition("昏暗 low light", light=0.25, noise=5),
    Condition("反光 glare", glare=0.75),
    Condition("60 dpi 打印 print", print_dpi=60),
    Condition("污损 5% dirt, finders clear", dirt=0.05),
    Condition("污损 10%，不压定位角 dirt, finders clear", dirt=0.10),
    Condition("污损 10%，任意位置 dirt anywhere", dirt=0.10, on_finders=True),
    Condition("叠加 all mild", yaw=20, pitch=8, blur=0.7, light=0.4, noise=5, glare=0.35, dirt=0.05),
)


@cache
def face(name: str) -> Face:
    """Return the sample face of a format with the largest code that fits."""
    return pure_face(GROUND, Hanging("12", "B2 层 3 号立柱", FORMATS[name], None, "2026-11-24"), ADDRESS)


@cache
def printed(name: str, dpi: int) -> Photo:
    """Return the printed sign in greyscale."""
    data = np.frombuffer(typesetting.png(face(name), dpi=dpi), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert picture is not None
    if picture.ndim == 3 and picture.shape[2] == 4:  # a round sign: draw the wall around it
        alpha = picture[..., 3:].astype(np.float32) / 255
        picture = (picture[..., :3] * alpha + WALL_GREY * (1 - alpha)).astype(np.uint8)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


@cache
def corners(name: str) -> NDArray[np.float64]:
    """Return the four corners of the code on the sign, in millimetres."""
    dpi = 100
    found = zxingcpp.read_barcode(printed(name, dpi), formats=QR)
    assert found is not None, name
    spot = found.position
    points = [spot.top_left, spot.top_right, spot.bottom_right, spot.bottom_left]
    return np.array([(point.x, point.y) for point in points], np.float64) * 25.4 / dpi


def photo(name: str, metres: float, condition: Condition, seed: int) -> Photo:
    """Return a simulated photo of a sign from `metres` away."""
    rng = np.random.default_rng([seed, round(metres * 1000), sum(name.encode())])
    density = FOCAL_LENGTH * SUPERSAMPLING / (metres * 1000)  # pixels per millimetre, supersampled
    dpi = condition.print_dpi or max(40, min(300, round(density * 25.4 * 1.25)))
    sheet = printed(name, dpi).copy()
    square = corners(name) * dpi / 25.4
    if condition.dirt:
        _add_dirt(sheet, square, condition, rng)
    seen = _project(sheet, square, dpi, metres, condition, rng)
    return _expose(seen, condition, rng)


def _add_dirt(
    sheet: Photo, square: NDArray[np.float64], condition: Condition, rng: np.random.Generator
) -> None:
    """Draw spots a few modules wide on the code until enough of its area is covered."""
    low, high = square.min(axis=0), square.max(axis=0)
    side = float((high - low).mean())
    mask = np.zeros(sheet.shape, np.uint8)
    while np.count_nonzero(mask) < condition.dirt * side * side:
        spot, radius = rng.random(2), rng.uniform(0.03, 0.08)
        if condition.on_finders or not _on_finder(spot, radius):
            x, y = low + spot * (high - low)
            cv2.circle(mask, (round(x), round(y)), max(1, round(radius * side)), 255, -1)
    sheet[mask > 0] = rng.integers(60, 190)


def _on_finder(spot: NDArray[np.float64], radius: float) -> bool:
    """Return whether a spot touches a finder pattern: 7 of 29 modules wide, plus a white border."""
    near, far = 8 / 29 + radius, 21 / 29 - radius
    x, y = spot
    return bool((x < near and (y < near or y > far)) or (x > far and y < near))


def _project(
    sheet: Photo,
    square: NDArray[np.float64],
    dpi: float,
    metres: float,
    condition: Condition,
    rng: np.random.Generator,
) -> Photo:
    """Return the sheet in the projection of a pinhole camera, the code near the middle of the frame."""
    yaw, pitch = np.radians([condition.yaw, condition.pitch]) * rng.choice([-1, 1], 2)
    roll = np.radians(rng.uniform(-6, 6))
    rotation = _rotation(yaw, 1) @ _rotation(pitch, 0) @ _rotation(roll, 2)
    scale = 25.4 / dpi
    middle, side = square.mean(axis=0), float(np.ptp(square, axis=0).max())
    flat = np.array([[scale, 0, -middle[0] * scale], [0, scale, -middle[1] * scale], [0, 0, 1]])
    onto = np.column_stack([rotation[:, 0], rotation[:, 1], [0, 0, metres * 1000]])
    focus = FOCAL_LENGTH * SUPERSAMPLING
    across = _crop_size(side * scale, metres) * SUPERSAMPLING
    centre = across / 2 + rng.uniform(-20, 20, 2)
    lens = np.array([[focus, 0, centre[0]], [0, focus, centre[1]], [0, 0, 1]])
    fine = cv2.warpPerspective(
        sheet, lens @ onto @ flat, (across, across), borderMode=cv2.BORDER_CONSTANT, borderValue=WALL_GREY
    )
    whole = (across // SUPERSAMPLING, across // SUPERSAMPLING)
    return np.asarray(cv2.resize(fine, whole, interpolation=cv2.INTER_AREA), np.uint8)


def _crop_size(side: float, metres: float) -> int:
    """Return the side of the decoded area in pixels, for a code of `side` millimetres."""
    return int(min(max(side * FOCAL_LENGTH / (metres * 1000) * CROP_FACTOR, MIN_CROP), FRAME_WIDTH))


def _rotation(angle: float, axis: int) -> NDArray[np.float64]:
    vector = np.zeros(3)
    vector[axis] = angle
    return np.asarray(cv2.Rodrigues(vector)[0], np.float64)


def _expose(seen: Photo, condition: Condition, rng: np.random.Generator) -> Photo:
    """Return the frame with glare, brightness, blur and noise applied."""
    frame = seen.astype(np.float32)
    if condition.glare:
        tall, wide = frame.shape
        x, y = rng.uniform(0.35, 0.65, 2) * (wide, tall)
        rows, columns = np.mgrid[0:tall, 0:wide]
        spot = np.exp(-(((columns - x) / (wide * 0.22)) ** 2 + ((rows - y) / (tall * 0.14)) ** 2))
        frame += (255 * condition.glare * spot).astype(np.float32)
    frame *= condition.light
    if condition.blur:
        frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), condition.blur), np.float32)
    frame += rng.normal(0, condition.noise, frame.shape).astype(np.float32)
    return np.clip(frame, 0, 255).astype(np.uint8)


def by_zxing(picture: Photo) -> bool:
    found = zxingcpp.read_barcodes(picture, formats=QR)
    return any(one.text == ADDRESS for one in found)


@cache
def _wechat() -> Any:
    return cv2.wechat_qrcode.WeChatQRCode()


def by_wechat(picture: Photo) -> bool:
    """Decode with OpenCV's wechat_qrcode, without the models of its neural detector."""
    texts, _ = _wechat().detectAndDecode(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    return ADDRESS in texts


DECODERS: dict[str, Callable[[Photo], bool]] = {"zxing-cpp": by_zxing, "OpenCV WeChat": by_wechat}


@dataclass(frozen=True)
class Shot:
    """One photo and which decoders read it."""

    form: str
    factor: float
    condition: str
    read: tuple[bool, ...]


def shoot(names: Sequence[str], rounds: int) -> Iterator[Shot]:
    """Take photos of each format from each distance in each condition, `rounds` times."""
    for name in names:
        for factor in DISTANCE_FACTORS:
            for condition in CONDITIONS:
                for seed in range(rounds):
                    picture = photo(name, face(name).fit.reach * factor, condition, seed)
                    yield Shot(
                        name, factor, condition.name, tuple(read(picture) for read in DECODERS.values())
                    )


def report(shots: Sequence[Shot], rounds: int) -> str:
    """Return the two tables of docs/signs.md."""
    lines = [
        f"Each cell: {len(CONDITIONS) * rounds} photos, {rounds} per condition;"
        " left zxing-cpp, right OpenCV WeChat.",
        "",
        "| Format | Side of the code | Reading distance | "
        + " | ".join(f"from {factor:g} ×" for factor in DISTANCE_FACTORS)
        + " |",
        "| --- | --- | --- | " + " | ".join("---" for _ in DISTANCE_FACTORS) + " |",
    ]
    for name in dict.fromkeys(shot.form for shot in shots):
        size = face(name).fit
        cells = [_rates(shots, form=name, factor=factor) for factor in DISTANCE_FACTORS]
        head = f"| {FORMATS[name].title} | {size.side:.0f} mm | {size.reach:.1f} m | "
        lines.append(head + " | ".join(cells) + " |")
    lines += [
        "",
        "By condition, all formats together:",
        "",
        "| Condition | " + " | ".join(f"from {factor:g} ×" for factor in DISTANCE_FACTORS) + " |",
        "| --- | " + " | ".join("---" for _ in DISTANCE_FACTORS) + " |",
    ]
    for condition in CONDITIONS:
        cells = [_rates(shots, condition=condition.name, factor=factor) for factor in DISTANCE_FACTORS]
        lines.append(f"| {condition.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _rates(shots: Sequence[Shot], **which: object) -> str:
    chosen = [shot for shot in shots if all(getattr(shot, name) == value for name, value in which.items())]
    counts = [sum(shot.read[at] for shot in chosen) for at in range(len(DECODERS))]
    return " / ".join(f"{100 * count / len(chosen):.0f} %" for count in counts)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Measure how often decoders read signs in simulated photos.")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--write", type=Path, help="page in which to replace the marked section")
    options = parser.parse_args(arguments)
    text = report(list(shoot(options.formats.split(","), options.rounds)), options.rounds)
    print(text)
    if options.write:
        before, _, rest = options.write.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        options.write.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
