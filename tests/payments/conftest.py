"""A channel that answers from memory: payments are tested against the interface, channels on their own."""

import pytest

from payments import channels
from tests.payments.fakes import FakeProvider


@pytest.fixture
def channel(monkeypatch):
    fake = FakeProvider()
    monkeypatch.setattr(channels, "providers", lambda: {(fake.name, fake.merchant): fake})
    return fake


@pytest.fixture
def fakes(monkeypatch):
    pair = [FakeProvider("one", "m"), FakeProvider("two", "m")]
    monkeypatch.setattr(channels, "providers", lambda: {(fake.name, fake.merchant): fake for fake in pair})
    return pair
