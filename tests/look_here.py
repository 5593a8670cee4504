"""A look at the database in the test's own thread, in which alone it is made to fail."""

from contextlib import suppress

import pytest
from django.db import Error

from config import health_probes
from config.background_look import BackgroundLook


class LookHere(BackgroundLook):
    def wait(self, _seconds: float) -> None:
        with suppress(Error):
            self._look()


def probe_here(monkeypatch: pytest.MonkeyPatch, *, schema: bool, written_at: float) -> None:
    """Let `/readyz` look in this thread, with this in its memory."""
    monkeypatch.setattr(health_probes, "_look", LookHere("write", health_probes._write))
    monkeypatch.setattr(health_probes, "_current", {"schema": schema, "written_at": written_at})
