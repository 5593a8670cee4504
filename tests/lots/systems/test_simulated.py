"""The simulated parking systems as processes: what may control them, and where they do not start."""

from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from sandbox.systems.__main__ import SIMULATORS, main
from sandbox.systems.system_server import SystemServer

pytestmark = pytest.mark.servers


@pytest.mark.parametrize(("control", "status"), [(True, 200), (False, 404)])
def test_control_is_off_unless_requested(control, status):
    server = SystemServer(SIMULATORS["aike"](), control=control)
    server.start()
    try:
        with urlopen(Request(f"{server.url}/control", b'{"clear": true}'), timeout=60) as answer:
            found = answer.status
    except HTTPError as error:
        found = error.code
    finally:
        server.shutdown()
        server.server_close()
    assert found == status


def test_production_refuses_simulated_systems(monkeypatch, capsys):
    monkeypatch.setenv("PURECODE_PRODUCTION", "1")
    assert main(["aike"]) == 2
    assert "PURECODE_PRODUCTION" in capsys.readouterr().err
