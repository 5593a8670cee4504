"""What every test of the console's pages needs."""

import pytest


@pytest.fixture(autouse=True)
def static_root(settings, tmp_path_factory):
    """The static files need a folder, collected or not."""
    settings.STATIC_ROOT = tmp_path_factory.getbasetemp()
