"""Run by `make test-live` (all of it) and by .ci/run (its core) alone: it needs root and takes minutes."""

import os

import pytest

LIVE = os.environ.get("PURECODE_LIVE", "")
collect_ignore_glob = [] if LIVE else ["test_*.py"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not part of the core, unless all was requested."""
    if LIVE != "core":
        return
    left_out = [item for item in items if item.get_closest_marker("whole")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
