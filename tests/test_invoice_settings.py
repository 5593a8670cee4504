"""Settings of invoices and mail: what is wrong stops the start, and secrets are not repeated."""

import os
import subprocess
import sys

import pytest

from config import env


@pytest.mark.parametrize(
    "address", ["https://tax.example.cn/v1/", "http://127.0.0.1:9000", "http://localhost/x"]
)
def test_service_url_is_https_or_local(address):
    assert env.service(address) == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    ["http://tax.example.cn", "tax.example.cn", "https://u:p@tax.example.cn", "https://x/?a=1", "ftp://x"],
)
def test_insecure_service_url_is_refused(address):
    with pytest.raises(ValueError, match="must be an address such as"):
        env.service(address)


@pytest.mark.parametrize(
    ("address", "port", "ssl"),
    [
        ("smtps://u:p%40ss@mail.example.cn", 465, True),
        ("smtps://u:p%40ss@mail.example.cn:994", 994, True),
        ("smtp://u:p%40ss@mail.example.cn", 587, False),
    ],
)
def test_mail_server_uses_tls(address, port, ssl):
    options = env.mail_server(address)["default"]["OPTIONS"]
    assert (options["host"], options["port"], options["password"]) == ("mail.example.cn", port, "p@ss")
    assert (options["use_ssl"], options["use_tls"]) == (ssl, not ssl)


@pytest.mark.parametrize("text", ["mail.example.cn", "https://mail.example.cn", "smtp://", "smtp://x/path"])
def test_invalid_mail_server_is_refused(text):
    with pytest.raises(ValueError, match="must be smtps"):
        env.mail_server(text)


@pytest.mark.parametrize(("text", "days"), [("0", 0), ("7", 7), ("90", 90)])
def test_valid_days_are_accepted(text, days):
    assert env.days(text) == days


@pytest.mark.parametrize("text", ["-1", "91", "1.5", "a week", "²"])
def test_invalid_days_are_refused(text):
    with pytest.raises(ValueError, match="from 0 to 90"):
        env.days(text)


@pytest.mark.servers
@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        (
            "INVOICE_ISSUER_URL",
            "https://tax.example.cn",
            "INVOICE_ISSUER_URL and INVOICE_ISSUER_KEY go together",
        ),
        ("EMAIL_URL", "smtps://u:hidden-word@mail.example.cn", "EMAIL_URL and EMAIL_FROM go together"),
    ],
)
def test_paired_settings_are_required_together(name, value, fault):
    start = [sys.executable, "-c", "import tests.environment, config.settings"]
    done = subprocess.run(start, env={**os.environ, name: value}, capture_output=True, text=True, check=False)
    assert done.returncode
    assert fault in done.stderr
    assert "hidden-word" not in done.stderr
