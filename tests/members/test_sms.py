"""Texts: signed to a gateway, tried again, never late, printed to a masked number in a demo."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import now

from core.transport import OutcomeUnknown, Reply
from members import member_jobs, sms
from members.models import Outgoing
from tests.members.conftest import PHONE

KEY = bytes.fromhex("ab" * 32)
TEXT = sms.Text(PHONE, "code", "验证码 123456", "123456")


@dataclass
class FakeTransport:
    """A transport that answers with a status."""

    status: int = 200
    sent: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def send(self, method, url, headers, body):
        self.sent.append((method, url, headers, body))
        return Reply(self.status, {}, b"")


def test_gateway_request_is_signed_and_timestamped():
    line, at = FakeTransport(), datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    sms.HttpSender("https://sms.example.cn/v1/send", KEY, transport=line, clock=lambda: at).send(TEXT)
    method, url, headers, body = line.sent[0]
    assert (method, url) == ("POST", "https://sms.example.cn/v1/send")
    assert json.loads(body) == {"phone": PHONE, "kind": "code", "text": TEXT.text, "code": "123456"}
    signed = f"POST\n/v1/send\n{int(at.timestamp())}\n{headers['X-Purecode-Nonce']}\n".encode() + body
    assert headers["X-Purecode-Signature"] == hmac.new(KEY, signed, hashlib.sha256).hexdigest()
    assert headers["X-Purecode-Timestamp"] == str(int(at.timestamp()))


@pytest.mark.parametrize("status", [199, 302, 400, 429, 500])
def test_non_success_status_is_unknown_outcome(status):
    sender = sms.HttpSender("https://sms.example.cn", KEY, transport=FakeTransport(status))
    with pytest.raises(OutcomeUnknown):
        sender.send(TEXT)


def test_console_sender_masks_the_number(capsys):
    sms.ConsoleSender().send(TEXT)
    assert capsys.readouterr().out == "[SMS 138****8000] 验证码 123456\n"


def test_settings_choose_the_sender(settings):
    assert isinstance(sms.sender(), sms.ConsoleSender)
    settings.SMS_URL, settings.SMS_KEY = "https://sms.example.cn", KEY
    assert isinstance(sms.sender(), sms.HttpSender)


def test_repr_hides_number_and_code():
    assert PHONE not in repr(TEXT)
    assert "123456" not in repr(TEXT)


@pytest.mark.django_db
def test_failed_text_is_retried_until_expiry(monkeypatch):
    line, at = FakeTransport(500), now()
    monkeypatch.setattr(sms, "sender", lambda: sms.HttpSender("https://x.cn", KEY, transport=line))
    sms.enqueue(TEXT, at=at, within=timedelta(minutes=5))
    member_jobs.send_texts(at)
    row = Outgoing.objects.get()
    assert (row.tries, row.next_check_at) == (1, at + timedelta(seconds=2))
    line.status = 200
    assert member_jobs.send_texts(at + timedelta(seconds=1)) == 0
    member_jobs.send_texts(at + timedelta(seconds=3))
    assert len(line.sent) == 2
    assert not Outgoing.objects.exists()
    sms.enqueue(TEXT, at=at, within=timedelta(minutes=5))
    member_jobs.send_texts(at + timedelta(minutes=6))
    assert len(line.sent) == 2
    assert not Outgoing.objects.exists()


@pytest.mark.django_db
def test_unreadable_text_is_dropped(monkeypatch, settings):
    line = FakeTransport()
    monkeypatch.setattr(sms, "sender", lambda: sms.HttpSender("https://x.cn", KEY, transport=line))
    sms.enqueue(TEXT, at=now(), within=timedelta(minutes=5))
    settings.PLATE_KEYS = {"other": b"\x99" * 32}
    member_jobs.send_texts(now())
    assert not line.sent
    assert not Outgoing.objects.exists()


@pytest.mark.django_db
def test_member_columns_are_rekeyed(member, settings):
    from compliance.rekeying import rekey_plates
    from core.vault import key_of
    from members.member_keys import unseal_phone

    settings.PLATE_KEYS = {"newest": b"\x88" * 32, **settings.PLATE_KEYS}
    done = {one.table: one.resealed for one in rekey_plates() if one.table.startswith("members.")}
    assert done["members.Member"] == 0, "its last column is the name, which is empty"
    row = member.row
    assert key_of(row.phone) == "newest"
    settings.PLATE_KEYS = {"newest": b"\x88" * 32}
    assert unseal_phone(row.operator_id, row.phone) == PHONE
