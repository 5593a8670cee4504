"""What every test of the console's pages needs."""

import pytest


@pytest.fixture(scope="session")
def static_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def static_root(settings, static_folder):
    """The static files need a folder, collected or not; all files in it are looked at."""
    settings.STATIC_ROOT = static_folder
