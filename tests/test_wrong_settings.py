"""A value that docs/settings.md rules out stops the start, and all such values are named at once."""

import os
import subprocess
import sys

import pytest

from config import env
from tests.test_readme import rows

LIMITED = [name for name, cells in rows("docs/settings.md").items() if "must be " in cells[0]]


@pytest.mark.servers
def test_value_outside_its_list_stops_the_start():
    start = [sys.executable, "-c", "import tests.environment, config.settings"]
    wrong = dict.fromkeys(LIMITED, "nonsense")
    done = subprocess.run(start, env={**os.environ, **wrong}, capture_output=True, text=True, check=False)
    fault = done.stderr.splitlines()[-1]
    assert len(LIMITED) > 8
    assert [name for name in LIMITED if f" {name}: must be " not in fault] == []


@pytest.mark.servers
def test_setting_without_its_other_half_is_named():
    halves = {"ALERT_MAIL_TO": "a@x.cn", "ALERT_DINGTALK_SECRET": "SEC000"}
    halves |= {"CALENDARS": "{", "DEBT_DAYS": "3651"}
    start = [sys.executable, "-c", "import tests.environment, config.settings"]
    done = subprocess.run(start, env={**os.environ, **halves}, capture_output=True, text=True, check=False)
    fault = done.stderr.splitlines()[-1]
    assert "ALERT_MAIL_TO: needs EMAIL_URL and EMAIL_FROM" in fault
    assert "ALERT_DINGTALK_SECRET: needs ALERT_DINGTALK" in fault
    assert "CALENDARS: is not JSON (" in fault
    assert "DEBT_DAYS: must be a number of days from 0 to 3650" in fault


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Pay.Example.CN./", "https://pay.example.cn"),
        ("https://pay.example.cn:443", "https://pay.example.cn"),
        ("http://pay.example.cn:8080", "http://pay.example.cn:8080"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_origin_is_written_as_browsers_do(text, origin):
    assert env.origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "pay.example.cn",
        "https:/pay.example.cn",
        "https://pay.example.cn/?a=1",
        "https://pay.example.cn#top",
        "https://user:word@pay.example.cn",
        "https://pay.example.cn:99999",
        "https://pay.example.cn:0",
        "https://pay example.cn",
        "https://停车.example.cn",
        "https://pay.example.cn;",
        "https://[::1",
    ],
)
def test_malformed_origin_is_refused(text):
    with pytest.raises(ValueError, match="must be an origin such as"):
        env.origin(text)


def test_allowed_hosts_match_requests():
    assert env.hosts("Pay.Example.CN, .example.cn,[::1],*") == ["pay.example.cn", ".example.cn", "[::1]", "*"]
    assert env.host_of("http://[::1]:8000") == "[::1]"


@pytest.mark.parametrize("text", ["https://pay.example.cn", "pay.example.cn:443", "a.cn;b.cn", ",", "::1"])
def test_hosts_that_match_nothing_are_refused(text):
    with pytest.raises(ValueError, match="must be host names"):
        env.hosts(text)


@pytest.mark.parametrize("read", [env.mail_server, env.database, env.origin, env.service, env.robot])
@pytest.mark.parametrize("address", ["smtps", "postgresql", "https"])
@pytest.mark.parametrize("sign", ["#", "/", "?", "["])
def test_no_fault_repeats_a_password(read, address, sign):
    with pytest.raises(ValueError, match="must be") as fault:
        read(f"{address}://user:hidden{sign}word@host:465/name")
    assert "hidden" not in str(fault.value)


@pytest.mark.parametrize(
    "text", ["postgresql://u:p@h/name?sslmode=require", "sqlite://var/file", "sqlite:////var/a#b"]
)
def test_no_part_of_database_is_dropped(text):
    with pytest.raises(ValueError, match="must be sqlite"):
        env.database(text)


@pytest.mark.parametrize(
    "text", ["a@x.cn;b@y.cn", "a@x.cn，b@y.cn", "a@x.cn b@y.cn", "ops", "a@", "<a@x.cn>", ","]
)
def test_malformed_mail_addresses_are_refused(text):
    with pytest.raises(ValueError, match="must be e-mail addresses"):
        env.mail_addresses(text)


def test_mail_addresses_are_read():
    assert env.mail_addresses("a.b+c@x-y.cn, ops@z.cn") == ["a.b+c@x-y.cn", "ops@z.cn"]
    assert env.mail_sender("停车 <a@x.cn>") == "停车 <a@x.cn>"
    assert env.mail_sender("a@x.cn") == "a@x.cn"


@pytest.mark.parametrize("text", ["PureCode", "a@x.cn;b@y.cn", "停车 <a>", "@"])
def test_malformed_mail_sender_is_refused(text):
    with pytest.raises(ValueError, match="must be an e-mail address"):
        env.mail_sender(text)


def test_values_have_no_blanks_around_them():
    found = env.Environment({"A": "text\r", "B": " \r\n"})
    assert (found.read("A", str), found.read("B", str, "default")) == ("text", "default")


def test_file_with_byte_order_mark_is_read(tmp_path):
    (tmp_path / "value").write_bytes("\ufefftext\r\n".encode())
    assert env.Environment({"A_FILE": f"{tmp_path}/value"}).read("A", str) == "text"


def test_file_in_another_encoding_is_named(tmp_path):
    (tmp_path / "value").write_bytes("text".encode("utf-16"))
    found = env.Environment({"A_FILE": f"{tmp_path}/value"})
    found.read("A", str)
    assert found.faults == ["A: the file is not text in UTF-8"]


@pytest.mark.parametrize("value", ["a\0b", "\udce5\udc81\udc9c"])
def test_unstorable_value_is_named(tmp_path, value):
    (tmp_path / "value").write_bytes(b"a\0b")
    found = env.Environment({"A": value, "B_FILE": f"{tmp_path}/value"})
    found.read("A", str)
    found.read("B", str)
    assert found.faults == ["A: is not text in UTF-8", "B: is not text in UTF-8"]


@pytest.mark.parametrize("text", ["a\nb", "停车\u200b", "9" * 41])
def test_label_is_one_short_line(text):
    assert env.label("统一身份认证") == "统一身份认证"
    with pytest.raises(ValueError, match="one line of at most 40"):
        env.label(text)


@pytest.mark.parametrize("text", ["", "\ufeff \r\n"])
def test_empty_file_is_named(tmp_path, text):
    (tmp_path / "value").write_text(text, encoding="utf-8")
    found = env.Environment({"A_FILE": f"{tmp_path}/value"})
    found.read("A", env.keyring)
    assert found.faults == ["A: the file is empty"]


def test_keyring_without_a_key_is_refused():
    with pytest.raises(ValueError, match="at least one key"):
        env.keyring(" , ,")


def test_setting_beside_its_file_is_refused(tmp_path):
    (tmp_path / "value").write_text("old")
    found = env.Environment(
        {"A": "new", "A_FILE": f"{tmp_path}/value", "B": "", "B_FILE": f"{tmp_path}/value"}
    )
    assert (found.read("A", str), found.read("B", str)) == (None, "old")
    assert found.faults == ["A: set twice, also by A_FILE: remove one"]


@pytest.mark.parametrize("read", [env.days, env.hours, env.debt_days, env.member_days, env.count])
@pytest.mark.parametrize("text", ["9" * 5000, "-1", "1.5", "1e2", "４０", "²"])
def test_number_out_of_range_is_refused(read, text):
    with pytest.raises(ValueError, match="must be a"):
        read(text)
