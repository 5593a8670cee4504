"""Compile the translations, or check them: compiled since the last change, traditional where they must be,
with the same numbers in both.

    python -m tools.messages compile|check

The compiled files are kept with the sources, so that the demo needs no gettext.
"""

import gettext
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.machine import GETTEXT, ROOT
from tools.packages import Missing

TRANSLATION = re.compile(r'^msgstr(?:\[\d\])? ((?:".*"\n?)+)', re.MULTILINE)
HAN = re.compile("[\u4e00-\u9fff]")
NUMBER = re.compile(r"\d+(?:[.:]\d+)*")


def catalogues(root: Path) -> list[Path]:
    folders = ("locale", "members/locale")  # members/ may be deleted, with its words
    return sorted(path for folder in folders for path in (root / folder).rglob("LC_MESSAGES/*.po"))


def compile_to(source: Path, target: Path) -> None:
    """Compile one catalogue, as reproducibly as gettext can."""
    done = subprocess.run(
        [GETTEXT.bring(), "--check", "--no-hash", "--endianness=little", "-o", target, source],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Missing(done.stderr.strip())


def meanings(compiled: Path) -> dict[object, str]:
    """Return what a compiled file says; the bytes differ between versions of gettext."""
    if not compiled.exists():
        return {}
    with compiled.open("rb") as file:
        return vars(gettext.GNUTranslations(file))["_catalog"]  # type: ignore[no-any-return]


def simplified(source: Path) -> str:
    """Return the characters of a traditional catalogue that are written so in simplified Chinese only.

    Hong Kong's Big5 has every character of traditional texts and few simplified ones.
    """
    if "zh_Hant" not in source.parts:
        return ""
    texts = "".join(TRANSLATION.findall(source.read_text(encoding="utf-8")))
    return "".join(
        sorted({letter for letter in HAN.findall(texts) if not letter.encode("big5hkscs", "ignore")})
    )


def other_numbers(one: dict[object, str], other: dict[object, str]) -> list[str]:
    """Return the messages, as the first catalogue has them, in which the other one states other numbers."""
    return [
        text
        for message, text in one.items()
        if message and message in other and _numbers(text) != _numbers(other[message])
    ]


def _numbers(text: str) -> list[str]:
    return sorted(NUMBER.findall(text))


def stale(source: Path) -> bool:
    """Return whether the compiled file beside a catalogue says something else."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "fresh.mo"
        compile_to(source, fresh)
        return meanings(fresh) != meanings(source.with_suffix(".mo"))


def main(action: str) -> int:
    try:
        if action == "compile":
            for source in catalogues(ROOT):
                compile_to(source, source.with_suffix(".mo"))
            return 0
        old = [str(source.relative_to(ROOT)) for source in catalogues(ROOT) if stale(source)]
    except Missing as missing:
        print(missing)
        return 1
    if old:
        print(f"Not compiled since the last change (make messages): {', '.join(old)}")
    mixed = {source.relative_to(ROOT): simplified(source) for source in catalogues(ROOT)}
    for name, letters in mixed.items():
        if letters:
            print(f"Simplified characters in {name}: {letters}")
    differing = [
        text
        for source in catalogues(ROOT)
        if "zh_Hans" in source.parts
        for text in other_numbers(meanings(source.with_suffix(".mo")), meanings(_traditional(source)))
    ]
    for text in differing:
        print(f"Other numbers in the traditional catalogue: {text}")
    return 1 if old or any(mixed.values()) or differing else 0


def _traditional(source: Path) -> Path:
    """Return the compiled traditional catalogue beside a simplified one."""
    parts = ["zh_Hant" if part == "zh_Hans" else part for part in source.parts]
    return Path(*parts).with_suffix(".mo")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
