"""A value that docs/settings.md rules out stops the start, and all such values are named at once."""

import os
import subprocess
import sys

import pytest

from tests.test_readme import rows

pytestmark = pytest.mark.servers

LIMITED = [name for name, cells in rows("docs/settings.md").items() if "must be " in cells[0]]


def test_value_outside_its_list_stops_the_start():
    start = [sys.executable, "-c", "import tests.environment, config.settings"]
    wrong = dict.fromkeys(LIMITED, "nonsense")
    done = subprocess.run(start, env={**os.environ, **wrong}, capture_output=True, text=True, check=False)
    fault = done.stderr.splitlines()[-1]
    assert len(LIMITED) > 8
    assert [name for name in LIMITED if f" {name}: must be " not in fault] == []
