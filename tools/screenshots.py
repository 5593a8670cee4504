"""Regenerates the README's screenshot from the running demo: `make demo`, then `make screenshots`.

    python -m tools.screenshots driver      instead, the pictures of docs/driver-pages.md; they need no demo

A phone viewport of 360 by 640 at double density, in the headless Chromium of the tests. The plate is
invented.
"""

import json
import subprocess
import sys
from io import BytesIO

from PIL import Image
from playwright.sync_api import Error, ViewportSize, sync_playwright

from tools import demo, machine

DRIVER_FOLDER = machine.ROOT / "docs" / "images" / "driver"
PICTURE = machine.ROOT / "docs" / "images" / "phone.png"
PHONE: ViewportSize = ViewportSize(width=360, height=640)
COLOURS = 128
MAX_BYTES = 120 * 1024
PLATE_FIELD, FEE = "#plate", ".sum"


def main(which: str = "") -> int:
    if which == "driver":
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-n0", "tests/browser/page_pictures.py"],
            cwd=machine.ROOT,
            check=False,
        ).returncode
    try:
        url, plate = find_unpaid_plate()
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_bytes(compress(photograph(url, plate)))
    except (demo.DemoError, Error, OSError) as reason:
        print(f"No screenshot: {reason}\nIs the demo running? make demo")
        return 1
    size = PICTURE.stat().st_size
    print(f"{PICTURE.relative_to(machine.ROOT)}: {size // 1024} KB")
    return 0 if size <= MAX_BYTES else 1


def find_unpaid_plate() -> tuple[str, str]:
    """Return the URL of the first lot's pure code and a plate that owes something there."""
    plan = json.loads((demo.FOLDER / "lots.json").read_text(encoding="utf-8"))
    lot = plan["lots"][0]
    origin = lot["url"].lower().rpartition("/p/")[0]
    keys = demo.load_secrets(demo.FOLDER / "secrets.env")
    env = demo.environment(demo.Address("127.0.0.1", int(origin.rpartition(":")[2])), keys, {})
    rows = [line.partition("\t") for line in demo.manage(env, "demo_plates", "--most", "1").splitlines()]
    plate = next(plates for name, _, plates in rows if name == lot["name"])
    if plate == demo.NONE_INSIDE:
        raise demo.DemoError("no car in the demo's first lot owes anything yet; try again in a minute")
    return lot["url"], plate.replace("·", "")


def photograph(url: str, plate: str) -> bytes:
    """Return a screenshot of the fee page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=machine.CHROMIUM.bring(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=PHONE, device_scale_factor=2, locale="zh-CN", color_scheme="light")
        page.goto(url)
        page.locator(PLATE_FIELD).evaluate("(field, text) => { field.value = text }", plate)
        page.locator("form#ask").evaluate("form => HTMLFormElement.prototype.submit.call(form)")
        page.wait_for_selector(FEE)
        picture = page.screenshot()
        browser.close()
    return picture


def compress(picture: bytes, *, colours: int = COLOURS) -> bytes:
    """Return the image as a PNG with a reduced palette."""
    out = BytesIO()
    image = Image.open(BytesIO(picture)).convert("RGB")
    image.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
