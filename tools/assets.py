"""Minify the styles and scripts of the drivers' pages, or check that the minified ones are current.

    python -m tools.assets build|check

The minified files are committed, so that neither the demo nor a server needs Node. `build` runs esbuild by
npx; `check` compares digests of the sources and needs nothing.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from tools.machine import ROOT

ESBUILD = "esbuild@0.28.2"
SOURCES = ROOT / "templates" / "driver"
BUILT = SOURCES / "built"
DIGESTS = BUILT / "sources.sha256"


def sources() -> list[Path]:
    return sorted(path for ending in ("css", "js") for path in SOURCES.glob(f"*.{ending}"))


def digests() -> str:
    """Return one line for each source: its SHA-256 and its name, as `sha256sum` writes them."""
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sources())


def build() -> None:
    npx = shutil.which("npx")
    if npx is None:
        sys.exit("Node.js is missing: apt-get install npm")
    BUILT.mkdir(exist_ok=True)
    for source in sources():
        target = BUILT / source.name
        # The oldest engine that must run these: WeChat's on Android was Chromium 69 for years.
        options = ["--minify", "--target=chrome69", "--charset=utf8", f"--outfile={target}"]
        subprocess.run([npx, "--yes", ESBUILD, source, *options, "--log-level=warning"], check=True)
    DIGESTS.write_text(digests(), encoding="utf-8")


def main(action: str) -> int:
    if action == "build":
        build()
    elif DIGESTS.read_text(encoding="utf-8") != digests():
        print("Minified files are older than their sources: make assets")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
