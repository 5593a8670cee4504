"""Texts: signed to a gateway, tried again, never late, printed to a masked number in a demo."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import now

from members import sms, work
from members.models import Outgoing
from payments.providers.base import OutcomeUnknown
from payments.providers.transport import Reply
from tests.members.conftest import PHONE

KEY = bytes.fromhex("ab" * 32)
TEXT = sms.Text(PHONE, "code", "验证码 123456", "123456")


@dataclass
class Line:
    """A transport that answers with a status."""

    status: int = 200
    sent: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def send(self, method, url, headers, body):
        self.sent.append((method, url, headers, body))
        return Reply(self.status, {}, b"")


def test_a_gateway_can_prove_that_a_text_is_ours_and_fresh():
    line, at = Line(), datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    sms.HttpSender("https://sms.example.cn/v1/send", KEY, transport=line, clock=lambda: at).send(TEXT)
    method, url, headers, body = line.sent[0]
    assert (method, url) == ("POST", "https://sms.example.cn/v1/send")
    assert json.loads(body) == {"phone": PHONE, "kind": "code", "text": TEXT.text, "code": "123456"}
    signed = f"POST\n/v1/send\n{int(at.timestamp())}\n{headers['X-Purecode-Nonce']}\n".encode() + body
    assert headers["X-Purecode-Signature"] == hmac.new(KEY, signed, hashlib.sha256).hexdigest()
    assert headers["X-Purecode-Timestamp"] == str(int(at.timestamp()))


@pytest.mark.parametrize("status", [199, 302, 400, 429, 500])
def test_anything_but_a_yes_is_no_answer(status):
    sender = sms.HttpSender("https://sms.example.cn", KEY, transport=Line(status))
    with pytest.raises(OutcomeUnknown):
        sender.send(TEXT)


def test_a_demo_prints_the_code_to_a_masked_number(capsys):
    sms.ConsoleSender().send(TEXT)
    assert capsys.readouterr().out == "[SMS 138****8000] 验证码 123456\n"


def test_the_settings_choose_the_way(settings):
    assert isinstance(sms.sender(), sms.ConsoleSender)
    settings.SMS_URL, settings.SMS_KEY = "https://sms.example.cn", KEY
    assert isinstance(sms.sender(), sms.HttpSender)


def test_no_repr_shows_the_number():
    assert PHONE not in repr(TEXT)
    assert "123456" not in repr(TEXT)


@pytest.mark.django_db
def test_a_failed_text_is_tried_again_and_not_when_it_is_too_late(monkeypatch):
    line, at = Line(500), now()
    monkeypatch.setattr(sms, "sender", lambda: sms.HttpSender("https://x.cn", KEY, transport=line))
    sms.put_out(TEXT, at=at, within=timedelta(minutes=5))
    work.send_texts(at)
    row = Outgoing.objects.get()
    assert (row.tries, row.next_check_at) == (1, at + timedelta(seconds=2))
    line.status = 200
    assert work.send_texts(at + timedelta(seconds=1)) == 0
    work.send_texts(at + timedelta(seconds=3))
    assert len(line.sent) == 2
    assert not Outgoing.objects.exists()
    sms.put_out(TEXT, at=at, within=timedelta(minutes=5))
    work.send_texts(at + timedelta(minutes=6))
    assert len(line.sent) == 2
    assert not Outgoing.objects.exists()


@pytest.mark.django_db
def test_a_text_whose_key_is_gone_is_dropped(monkeypatch, settings):
    line = Line()
    monkeypatch.setattr(sms, "sender", lambda: sms.HttpSender("https://x.cn", KEY, transport=line))
    sms.put_out(TEXT, at=now(), within=timedelta(minutes=5))
    settings.PLATE_KEYS = {"other": b"\x99" * 32}
    work.send_texts(now())
    assert not line.sent
    assert not Outgoing.objects.exists()


@pytest.mark.django_db
def test_members_columns_move_to_the_newest_key(member, settings):
    from compliance.rekeying import rekey_plates
    from lots.vault import key_of
    from members.keys import unseal_phone

    settings.PLATE_KEYS = {"newest": b"\x88" * 32, **settings.PLATE_KEYS}
    done = {one.what: one.sealed_anew for one in rekey_plates() if one.what.startswith("members.")}
    assert done["members.Member"] == 0, "its last column is the name, which is empty"
    row = member.row
    assert key_of(row.phone) == "newest"
    settings.PLATE_KEYS = {"newest": b"\x88" * 32}
    assert unseal_phone(row.operator_id, row.phone) == PHONE
