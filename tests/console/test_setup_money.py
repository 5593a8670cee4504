"""The set-up's steps about money: channels and the test payment; whom the health page tells what."""

import json
import re
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.timezone import localdate, now

from console import channel_words
from lots import permits, pricing
from lots.models import Lot, ParkingSession
from lots.plates import parse
from monitoring.models import Incident, Silence
from payments import channel_test, payment_jobs
from payments.channel_names import ONLINE
from payments.management.commands import pay_test
from payments.merchants import read_merchants
from payments.models import Payment, Refund
from staff.models import Role
from tests.factories import TARIFF, make_device, make_lot, make_person, see, signed_in
from tests.payments.acting import pay
from tests.payments.conftest import channel

__all__ = ["channel"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot():
    return make_lot(slug="own", name="浦江广场")


def page(answer):
    return answer.content.decode()


# channels


def test_missing_merchant_shows_example_entry(owner, monkeypatch):
    monkeypatch.setattr("payments.channels.providers", dict)
    html = page(owner.get("/console/lots/own/setup/channels"))
    assert "还没有商户收这个停车场的款" in html
    assert "&quot;lots&quot;: [" in html
    assert "private_key_file" in html


@pytest.mark.parametrize("name", ONLINE)
def test_example_entry_is_readable_and_documented(name):
    entry = json.loads(channel_words.example(name, "own"))
    with pytest.raises(ValueError, match=f"entry 1 .{name}.: (?!.*unknown)"):  # the files do not exist
        read_merchants(json.dumps([entry]))
    files = re.findall(r"/etc/purecode/[\w./]+", json.dumps(entry))
    documented = (settings.BASE_DIR / "docs" / "channels.md").read_text(encoding="utf-8")
    assert files
    assert [file for file in files if f'"{file}"' not in documented] == []


def test_new_channel_is_offered_everywhere(owner, monkeypatch):
    monkeypatch.setitem(ONLINE, "third", "Third Pay")
    monkeypatch.setitem(channel_words.EXAMPLES, "third", lambda: {"number": "<number of Third Pay>"})
    assert "number of Third Pay" in page(owner.get("/console/lots/own/setup/channels"))
    parser = pay_test.Command().create_parser("manage.py", "pay_test")
    assert parser.parse_args(["third"]).channel == "third"


def test_channel_check_result_is_shown(owner, channel):
    assert "渠道已识别该商户" in page(owner.post("/console/lots/own/setup/channels/check"))
    channel.fault = "unknown"
    assert "没有答复" in page(owner.post("/console/lots/own/setup/channels/check"))
    channel.fault = "refused"
    answer = owner.post("/console/lots/own/setup/channels/check")
    assert (answer.status_code, 'class="bad"' in page(answer)) == (200, True)


def test_trial_payment_is_refunded(owner, lot, channel):
    address = owner.post("/console/lots/own/setup/channels/fake/test").headers["Location"]
    again = owner.post("/console/lots/own/setup/channels/fake/test").headers["Location"]
    assert again == address  # the double click
    payment = Payment.objects.get()
    html = page(owner.get(address))
    assert 'http-equiv="refresh"' in html
    assert "<svg" in html
    assert f"https://cashier.example/{payment.number}" in html
    channel.pay(payment.number)
    owner.get(address)
    payment.refresh_from_db()
    assert payment.state == Payment.State.OPEN  # a look changes nothing
    owner.post(f"{address}/ask")
    html = page(owner.get(address))
    assert "一分钱已退回" in html
    assert 'http-equiv="refresh"' not in html
    assert channel_test.is_proven(lot)
    assert ParkingSession.objects.get().left_at is not None
    assert "已通过" in page(owner.get("/console/lots/own/setup/channels"))


def test_worker_refunds_trial_payment(owner, channel):
    owner.post("/console/lots/own/setup/channels/fake/test")
    payment = Payment.objects.get()
    channel.pay(payment.number)
    channel_test.look(payment, at=now())
    for _ in range(2):
        payment_jobs.give_tests_back(now())
        payment_jobs.send_refunds(now())
    assert Refund.objects.get().state == Refund.State.DONE
    assert payment_jobs.give_tests_back(now()) == 0
    assert ParkingSession.objects.get().left_at is not None


def test_refused_trial_shows_error(owner, channel):
    channel.fault = "refused"
    answer = owner.post("/console/lots/own/setup/channels/fake/test", follow=True)
    assert "渠道没有接受这笔订单" in page(answer)
    answer = owner.post("/console/lots/own/setup/channels/nobody/test", follow=True)
    assert "这个渠道现在不能出二维码" in page(answer)


def test_trials_are_separate_per_operator(owner, lot, channel):
    strange = make_lot(slug="strange")
    owner.post("/console/lots/own/setup/channels/fake/test")
    other = signed_in(make_person(Role.OWNER, operator=strange.operator))
    assert other.get(f"/console/trials/{Payment.objects.get().pk}").status_code == 404
    other.post("/console/lots/strange/setup/channels/fake/test")
    tests = Lot.objects.filter(is_trial=True).order_by("pk")
    assert [one.operator for one in tests] == [lot.operator, strange.operator]
    assert "pay-test" not in page(other.get("/console/setup"))


def test_trial_lot_is_no_car_park(owner, lot, channel):
    owner.post("/console/lots/own/setup/channels/fake/test")
    assert owner.get("/console/booth").url == "/console/booth/own"
    trial = Lot.objects.get(is_trial=True)
    for address in ("", "lots", "tariffs", "shifts/open", "reports", "compliance/erasures", "people/invite"):
        assert trial.name not in page(owner.get(f"/console/{address}", follow=True)), address
    payment = Payment.objects.get()
    assert payment.number in page(owner.get("/console/payments"))
    assert payment.number in page(owner.post("/console/payments/find", {"q": payment.number}))


# health


def test_health_page_is_scoped_to_lots(owner, lot, channel):
    whole = page(owner.get("/console/health"))
    assert "磁盘" in whole
    strange = make_lot(slug="strange", name="瑞民医院")
    make_device(lot, "entry")
    make_device(strange, "entry")
    for name in ("浦江广场", "瑞民医院"):
        Incident.objects.create(kind="devices", subject=name, since=now(), red_at=now())
    Silence.objects.create(
        kind="devices", until=now().replace(year=2099), why="x", by=make_person(), at=now()
    )
    html = page(owner.get("/console/health"))
    assert "浦江广场" in html
    for others in ("瑞民医院", "磁盘", "备份文件", "后台进程</th>", "已静默</th>"):
        assert others not in html
    both = page(signed_in(make_person()).get("/console/health"))
    assert all(words in both for words in ("浦江广场", "瑞民医院", "磁盘"))


def test_same_fault_of_many_lots_is_folded(owner, lot):
    """The faults of 200 lots must not push another kind of fault out of sight."""
    make_lot(slug="strange")  # so the page leaves the machine out
    for number in range(5):
        other = make_lot(slug=f"more-{number}", name=f"东区 {number}", operator=lot.operator)
        make_device(other, "entry")
    html = page(owner.get("/console/health"))
    assert "有 5 项故障" in html
    assert html.count('<article class="card signal red">') == 3
    [folded] = re.findall(r'<details class="card same-kind">.*?</details>', html, re.DOTALL)
    assert "另有 2 处同类问题" in folded
    assert folded.count("<li>") == 2
    assert all(f"东区 {number}" in html for number in range(5))


def test_silencing_alert_requires_all_lots(owner):
    make_lot(slug="strange")
    values = {"kind": "devices", "hours": "1", "why": "维修"}
    assert owner.post("/console/health/silence", values).status_code == 403
    assert signed_in(make_person()).post("/console/health/silence", values).status_code == 302


# the second factor


def test_missing_second_factor_is_explained_once(lot, channel, settings):
    device = make_device(lot, "entry")
    at = now()
    see(device, "沪A12345", at - timedelta(hours=2))
    payment = pay(lot, channel, at=at)
    user = make_person(Role.OWNER, operator=lot.operator)
    client, address = signed_in(user), f"/console/payments/{payment.pk}"
    assert "退款后" in page(client.get(address))
    settings.CONSOLE_MFA = "required"
    assert client.get(address).headers["Location"] == SECOND_FACTOR
    assert page(client.get(f"/console/devices/{device.pk}")).count("还没有两步验证") == 1
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    html = page(client.get(address))
    assert "退款后" in html
    assert "还没有两步验证" not in html


SECOND_FACTOR = "/console/account/second-factor"


def test_form_hidden_without_second_factor(lot, settings):
    settings.CONSOLE_MFA = "required"
    client, at = signed_in(make_person(Role.OWNER, operator=lot.operator)), now()
    right = permits.grant(
        lot=lot,
        plate=parse("沪A12345"),
        valid_from=at,
        valid_until=at + timedelta(days=30),
        source="staff",
        at=at,
    )
    later = pricing.add_version(lot=lot, document=TARIFF, valid_from=at + timedelta(days=2), at=at)
    day = localdate(at) - timedelta(days=2)
    acts = {
        f"/console/access/{right.pk}": "extend",
        f"/console/days/own/{day}": "close",
        "/console/tariffs/own": f"{later.version}/call-off",
        "/console/compliance/erasures": "own/now",
    }
    for address in ("/console/tariffs/own", "/console/compliance/erasures"):  # what a password may see
        html = page(client.get(address))
        assert f'{acts[address]}"' not in html, address
        assert html.count("还没有两步验证") == 1, address
    for address in (f"/console/access/{right.pk}", f"/console/days/own/{day}"):
        assert client.get(address).headers["Location"] == SECOND_FACTOR
    TOTP.activate(User.objects.get(), "JBSWY3DPEHPK3PXP")
    assert all(f'{act}"' in page(client.get(address)) for address, act in acts.items())
