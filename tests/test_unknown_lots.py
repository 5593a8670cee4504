"""A command that is given a lot that does not exist names it, in the same words as every other."""

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "arguments",
    [
        ["forget_plates", "--lot", "nowhere"],
        ["cars_inside", "import", "nowhere", "cars.csv"],
        ["permits", "import", "nowhere", "list.csv"],
        ["close_day", "nowhere"],
        ["check_system", "nowhere"],
        ["print_signs", "nowhere", "--plan", "plan.csv", "--out", "out"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_unknown_lot_is_named(arguments):
    with pytest.raises(CommandError, match=r"^There is no lot 'nowhere'\.$"):
        call_command(*arguments)
