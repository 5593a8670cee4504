"""Builds the fonts for printed signs: `python -m tools.sign_fonts [FOLDER]`.

FOLDER contains NotoSansCJK-Regular.ttc and NotoSansCJK-Bold.ttc (Debian: package fonts-noto-cjk). The
subset has all of GB 2312 (6,763 characters, both levels: names of streets and companies need the second),
Latin, punctuation, arrows, and characters outside GB 2312 that occur in names of people, places and firms.
Hinting and vertical metrics are dropped: print needs neither. The family has a name of its own, because the
licence (OFL 1.1) reserves the names Noto and Source for the unchanged fonts; the licence is in the same
folder as the files.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FOLDER = Path("/usr/share/fonts/opentype/noto")
TARGET = Path(__file__).resolve().parent.parent / "lots" / "printing" / "fonts"
FAMILY = "PureCode Sans SC"
SIMPLIFIED = 2  # index of the face with mainland Chinese glyphs
WEIGHTS = ("Regular", "Bold")
EXTRA_CHARACTERS = (
    "堃喆珺玥昇祎晟旻垚犇淼焱鑫骉囍曌赟翀煊玮瑄珩璟琮瑢禛祺祐沄湲漖滘涌洺浉溧塱墟圩埗"
    "塆坨垸岙嵊嵛硚硖磜礤鲘邨邺郚鄠尙啟黃甪眙洣涪綦彧頔囧"
)
ROWS = (0xA1, 0xA3, *range(0xB0, 0xF8))  # punctuation, full-width forms, both levels


def gb2312() -> set[str]:
    """Return the GB 2312 characters of ROWS."""
    found = set()
    for row in ROWS:
        for cell in range(0xA1, 0xFF):
            try:
                found.add(bytes([row, cell]).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return found


def code_points() -> set[int]:
    """Return the code points of the subset; those that the source font lacks are skipped."""
    latin = {*range(0x20, 0x7F), *range(0xA0, 0x180)}
    marks = {
        *range(0x2010, 0x2028),
        *range(0x2190, 0x219A),
        0x2030,
        0x20AC,
        0x2116,
        0x2460,
        0x2461,
        0x2462,
        0x25CF,
    }
    return latin | marks | {ord(character) for character in gb2312() | set(EXTRA_CHARACTERS)}


def make(source: Path, weight: str) -> TTFont:
    """Return the subset of one weight under our family name. The bytes are reproducible."""
    font = TTFont(source / f"NotoSansCJK-{weight}.ttc", fontNumber=SIMPLIFIED, recalcTimestamp=False)
    options = subset.Options()
    options.hinting = False
    options.notdef_outline = True
    options.layout_features = ["kern"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=code_points())
    subsetter.subset(font)
    rename(font, weight)
    return font


def rename(font: TTFont, weight: str) -> None:
    postscript_name = f"{FAMILY.replace(' ', '')}-{weight}"
    names = {1: FAMILY, 2: weight, 3: postscript_name, 4: f"{FAMILY} {weight}", 6: postscript_name}
    for record in list(font["name"].names):
        if record.nameID in names:
            record.string = names[record.nameID]
    cff = font["CFF "].cff
    cff.fontNames = [postscript_name]
    top = cff.topDictIndex[0]
    top.FullName, top.FamilyName = f"{FAMILY} {weight}", FAMILY


def main(folder: str = "") -> int:
    for weight in WEIGHTS:
        try:
            font = make(Path(folder) if folder else FOLDER, weight)
        except OSError as error:
            print(f"No font built: {error.strerror} ({error.filename}). Install fonts-noto-cjk.")
            return 1
        file = TARGET / f"PureCodeSansSC-{weight}.otf"
        font.save(file)
        print(f"{file.name}: {len(font.getBestCmap())} characters, {file.stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
