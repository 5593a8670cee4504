"""The demo's commands make lots and accounts: never where real money is taken."""

import pytest
from django.core.management import CommandError, call_command, get_commands

from lots.models import Lot

pytestmark = pytest.mark.django_db
COMMANDS = sorted(name for name in get_commands() if name.startswith("demo_"))


@pytest.mark.parametrize("name", COMMANDS)
def test_demo_is_refused_in_production(settings, monkeypatch, name):
    settings.PRODUCTION = True
    monkeypatch.setenv("DEMO_PASSWORD", "a long enough one 7")
    with pytest.raises(CommandError, match="PURECODE_PRODUCTION"):
        call_command(name, *["boss"] * (name == "demo_staff"))
    assert not Lot.objects.exists()


def test_commands_of_demo_are_known():
    assert {"demo_lots", "demo_plates", "demo_staff"} <= set(COMMANDS)
