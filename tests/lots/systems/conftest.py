from tests.lots.systems.simulated import vendor  # noqa: F401 - a fixture
