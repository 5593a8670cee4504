"""The request log names the view, never the path; a bug is recorded by its type and place alone."""

import json
import logging

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from config import logs
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


def test_logged_traceback_has_no_message():
    cause = ValueError("Key (plate)=(沪A12345) already exists")
    cause.add_note("沪A12345")
    try:
        raise ExceptionGroup("沪A12345", [KeyError("沪A12345"), cause]) from cause  # noqa: TRY301
    except ExceptionGroup:
        logged = logs.EXCEPTIONS(None, "error", {"event": "row_failed", "exc_info": True})
    text = json.dumps(logged, ensure_ascii=False)
    assert "沪A12345" not in text
    assert all(name in text for name in ("ValueError", "KeyError", "ExceptionGroup", "test_request_log.py"))


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
