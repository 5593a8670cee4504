"""Make the first page of a sign again from published facts: `python -m driver.rebuild < request.json`.

The request has `facts` (the published document), `code`, and `origin` (https://host). No database, no
secret and no setting of the site is used. `selfcheck verify URL` calls this in the source folder of the
release; `--release` only prints which release the folder holds.
"""

import base64
import json
import logging
import os
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import django

from core.release import logged_sources, release

if TYPE_CHECKING:
    from driver.first_pages import FirstPage

# Settings demand these; none of them goes into a page.
PLACEHOLDERS = {
    "SECRET_KEY": "not-a-secret-" * 5,
    "PLATE_KEYS": "none:" + "00" * 32,
    "PLATE_INDEX_KEY": "00" * 32,
    "CODE_KEY": "00" * 32,
}


def rebuild(request: dict[str, Any]) -> dict[str, Any]:
    """Return the pages by language and their script, with headers, bytes and the texts of facts in them."""
    from driver.first_pages import FEE_SCRIPT, build, build_script, facts_on_page
    from presentation.languages import SUFFIXES, TAGS
    from presentation.published_facts import read_sign

    facts, origin = read_sign(request["facts"], str(request["code"])), str(request["origin"])
    pages = {}
    for language, tag in TAGS.items():
        page = build(facts, language, origin)
        pages[tag] = {
            "path": SUFFIXES[language],
            **_as_json(page),
            "digest": page.digest,
            "facts": facts_on_page(facts, language),
        }
    return {**which_release(), "pages": pages, "scripts": {FEE_SCRIPT: _as_json(build_script(origin))}}


def _as_json(page: "FirstPage") -> dict[str, Any]:
    return {"headers": dict(page.headers), "body": base64.b64encode(page.body).decode()}


def which_release() -> dict[str, Any]:
    here = release()
    return {"release": here.as_json(), "logged": here.sources in logged_sources()}


def main() -> int:
    if "--release" in sys.argv:
        answer = which_release()
    else:
        request = json.load(sys.stdin)
        os.environ.update(
            PLACEHOLDERS,
            PUBLIC_URL=request["origin"],
            ALLOWED_HOSTS=urlsplit(request["origin"]).hostname or "",
            DJANGO_SETTINGS_MODULE="config.settings",
        )
        django.setup()
        logging.disable(logging.CRITICAL)
        try:
            answer = rebuild(request)
        except ValueError as error:
            print(f"facts: {error}", file=sys.stderr)
            return 1
    print(json.dumps(answer, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
