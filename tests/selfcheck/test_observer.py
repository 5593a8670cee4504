"""What gives a phone away is observed however a page reaches it."""

import pytest

from selfcheck.browser import Options
from selfcheck.checking import Page, check
from selfcheck.hosts import Lists
from tests.selfcheck.zoo.animals import Animal
from tests.selfcheck.zoo.keeper import open_zoo, serve_from

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patient")]
# By the getters themselves, by other names, and by the functions of a frame; what it may use is gone.
REACHES = (
    "const own = Object.getOwnPropertyDescriptor; Array.prototype[Symbol.iterator] = null;"
    "Function.prototype.call = Function.prototype.apply = () => 0;"
    "own(Navigator.prototype, 'plugins').get.bind(own(window, 'navigator').get.bind(window)())();"
    "window['scr' + 'een'].colorDepth; clientInformation.doNotTrack;"
    "const frame = document.body.appendChild(document.createElement('iframe')).contentWindow;"
    "const canvas = document.createElement('canvas'); canvas.width = canvas.height = 99;"
    "frame.Reflect.apply(frame.HTMLCanvasElement.prototype.getContext, canvas, ['2d'])"
    ".getImageData(0, 0, 9, 9);"
)


def test_functions_behind_properties_are_observed(tmp_path):
    animal = Animal("reaches", "", script=REACHES)
    with open_zoo(tmp_path, serve_from({animal.name: animal})) as zoo:
        how = Options(
            resolve=zoo.resolve, any_certificate=True, dwell=0.3, quiet=0.15, pace=0, patience=600,
            automated=False, revisit=False,
        )  # fmt: skip
        [checked] = check([Page(animal.url, phones=("plain",), options=how)], lists=Lists())
    calls = {(call.name, call.detail) for call in checked.visits[0].calls}
    assert {("property", name) for name in ("plugins", "colorDepth", "doNotTrack")} <= calls
    assert any(name == "canvas" for name, _ in calls)
