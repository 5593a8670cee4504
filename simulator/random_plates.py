"""Random licence plates of many kinds, with the camera's codes for type and colour."""

from dataclasses import dataclass
from random import Random

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
NEIGHBOURS = "苏浙皖鲁豫京粤赣"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which look like 1 and 0
DIGITS = "0123456789"
AGENCIES = "ABCDEFGHJKLMN"
SERIALS = ("00000", "A0000", "0A000", "00A00", "000A0", "0000A", "AA000", "0AA00", "A0A00", "000AA")
CONFUSABLE = ("0D", "0Q", "8B", "5S", "2Z", "1T", "7T", "6G", "3B", "VY", "MN", "EF", "HK", "UV", "CG", "AR")


@dataclass(frozen=True)
class RandomPlate:
    """The text of a plate, and the camera's codes for its type and colour."""

    text: str
    kind: int = 1
    colour: int = 1


UNPLATED = RandomPlate("_无_", kind=31, colour=0)

# weight, pattern (P province, L agency letter, S ordinary serial, A letter, 0 digit), type, colour
STYLES = (
    (600, "PLS", 1, 1),  # 蓝牌
    (180, "PLD00000", 19, 5),  # 纯电
    (60, "PLF00000", 19, 5),  # 混动
    (8, "PLB00000", 19, 5),
    (7, "PLC00000", 19, 5),
    (30, "PLDA0000", 19, 5),
    (15, "PL00000D", 20, 6),  # 大型新能源
    (30, "PLS", 3, 2),  # 黄牌
    (10, "PLAA000", 7, 1),
    (12, "PL0000警", 5, 3),
    (8, "PL0000学", 13, 2),
    (8, "粤Z000A港", 11, 4),
    (4, "粤Z0000澳", 14, 4),
    (4, "PX0000应急", 21, 3),
    (4, "P22000领", 22, 4),
    (3, "222000使", 10, 4),
    (3, "WJP0000X", 6, 3),
)
SUFFIXES = {
    "警": (5, 3),
    "学": (13, 2),
    "港": (11, 4),
    "澳": (14, 4),
    "领": (22, 4),
    "使": (10, 4),
    "急": (21, 3),
}


def draw(random: Random, province: str) -> RandomPlate:
    """Return a random plate: six of seven are local, three of ten are electric."""
    _, pattern, kind, colour = random.choices(STYLES, [style[0] for style in STYLES])[0]
    if random.random() < 1 / 7:
        province = random.choice(NEIGHBOURS)
    choices = {"P": province, "L": AGENCIES, "A": LETTERS, "0": DIGITS}
    symbols = pattern.replace("S", random.choice(SERIALS))
    return RandomPlate(
        "".join(random.choice(choices.get(symbol, symbol)) for symbol in symbols), kind, colour
    )


def guess(text: str) -> RandomPlate:
    """Return the plate with this text, with type and colour guessed from it."""
    if text[-1:] in SUFFIXES:
        return RandomPlate(text, *SUFFIXES[text[-1]])
    if len(text) == 8:
        return RandomPlate(text, *((20, 6) if text[-1].isalpha() else (19, 5)))
    return RandomPlate(text)


def misread(random: Random, text: str) -> str:
    """Replace one character by a similar one, as a camera does with a dirty plate."""
    places = [(at, pair) for at, symbol in enumerate(text) if at > 1 for pair in CONFUSABLE if symbol in pair]
    if not places:
        return text[:-1] + ("0" if text[-1] != "0" else "8")
    at, pair = random.choice(places)
    return text[:at] + pair.replace(text[at], "") + text[at + 1 :]
