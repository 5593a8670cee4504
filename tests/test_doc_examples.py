"""The files that the docs show can be used as they are."""

import re
from io import StringIO

import pytest
from django.core.management import call_command

from tests.test_readme import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(tmp_path):
    """Run a command on the first example of a page in this format; return what it prints."""

    def ran(page, language, command, *before, **options):
        example = re.search(rf"^```{language}\n(.*?)^```$", text_of(page), re.DOTALL | re.MULTILINE)
        assert example is not None
        file = tmp_path / f"example.{language}"
        file.write_text(example[1], encoding="utf-8")
        out = StringIO()
        call_command(command, *before, str(file), stdout=out, **options)
        return out.getvalue()

    return ran


def test_lot_and_shops_can_be_applied(run):
    for page in ("docs/running.md", "docs/coupons.md"):
        assert ": added" in run(page, "json", "apply")
        assert run(page, "json", "apply") == "Nothing to change\n"


def test_cars_inside_can_be_imported(run):
    run("docs/running.md", "json", "apply")
    assert "import 2" in run(
        "docs/opening.md", "text", "cars_inside", "import", "example-plaza", dry_run=True
    )


def test_tariff_example_is_valid(run):
    assert "Night 21:00–07:00: ¥5 per hour." in run("docs/tariffs.md", "json", "check_tariff", lang="en")
