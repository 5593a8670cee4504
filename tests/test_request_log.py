"""The request log names the view, never the path; a bug is recorded by its type and place alone."""

import logging

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from driver import plate
from tests.factories import signed_in


def test_exception_is_logged_without_message(db, monkeypatch, caplog):
    def broken(*_args, **_kwargs):
        raise RuntimeError("沪A12345")

    monkeypatch.setattr(plate, "facts_behind", broken)
    with caplog.at_level(logging.DEBUG):
        answer = Client(raise_request_exception=False).get("/p/0123456789ABCDEF")
    assert answer.status_code == 500
    assert "RuntimeError" in caplog.text
    assert "沪A12345" not in caplog.text
    assert "0123456789ABCDEF" not in caplog.text


@pytest.mark.parametrize("path", ["/p/0123456789ABCDEF", "/nothing/here?plate=1"])
def test_request_path_is_not_logged(db, caplog, path):
    with caplog.at_level(logging.DEBUG):
        Client().get(path)
    assert path not in caplog.text
    assert "plate=1" not in caplog.text


@pytest.mark.parametrize(("path", "status"), [("/console/lots/nowhere", 404), ("/console/payments", 403)])
def test_missing_or_forbidden_page_is_no_error(db, caplog, path, status):
    client = signed_in(get_user_model().objects.create_user("somebody", is_superuser=status == 404))
    assert client.get(path).status_code == status
    assert "unhandled" not in caplog.text
