"""Acts on many rows: a preview in words, a confirmation that acts on what it showed, once."""

import re
from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from console import bulk_acts, bulk_pages
from lots import permits
from lots.models import Device, ParkingSession, Permit, PermitExtension, SettingChange
from lots.plates import parse
from payments.coupons.coupon_issuing import revoke
from payments.coupons.coupon_models import Coupon, CouponEvent
from payments.models import Debt, StaffAct
from staff.models import BulkRow, BulkRun, Role
from tests.factories import make_device, make_lot, make_person, see, signed_in
from tests.payments.coupons.making import hand_out, make_offer, make_shop
from tests.test_races import at_once, faults

pytestmark = pytest.mark.django_db
PLATES = ["沪A11111", "沪A22222", "沪A33333"]
END, EXTEND, REVOKE = "/console/stays/bulk/end", "/console/access/bulk/extend", "/console/devices/bulk/revoke"
CANCEL, WITHDRAW = "/console/access/bulk/cancel", "/console/shops/coupons/bulk/withdraw"
WHY = {"end-why": "清理滞留", "end-exit": "now"}


@pytest.fixture
def lot():
    lot, at = make_lot(slug="own"), now()
    entry = make_device(lot, "entry")
    for days, plate in zip((9, 5, 1), PLATES, strict=True):
        see(entry, plate, at - timedelta(days=days), offline=True, received=at)
    return lot


def inside():
    return list(ParkingSession.objects.filter(left_at=None).order_by("entered_at"))


def token_in(answer):
    found = re.search(r'name="token" value="([^"]+)"', answer.content.decode())
    return found.group(1) if found else ""


def previewed(client, where, data):
    answer = client.post(where, data)
    assert answer.status_code == 200, answer.content.decode()
    return token_in(answer)


def outcomes():
    return sorted(BulkRow.objects.values_list("row", "outcome"))


def test_list_offers_act_to_who_may(lot, duty):
    assert 'form="bulk"' in duty.get("/console/stays").content.decode()
    auditor = signed_in(make_person(Role.AUDITOR, lot=lot))
    assert 'form="bulk"' not in auditor.get("/console/stays").content.decode()


def test_preview_changes_nothing(duty):
    answer = duty.post(END, {"all": "1", **WHY})
    assert "将结束 3 条停车记录" in answer.content.decode()
    assert answer.headers["Cache-Control"] == "private, no-cache"  # Back finds it, and sends nothing again
    assert len(inside()) == 3
    assert not BulkRun.objects.exists()


def test_all_filtered_sessions_are_ended(duty):
    token = previewed(duty, f"{END}?state=abandoned", {"all": "1", **WHY})
    page = duty.post(END, {"token": token}, follow=True)
    assert "已完成 2 条，共 2 条" in page.content.decode()
    assert len(inside()) == 1
    assert Debt.objects.filter(amount_fen__gt=0).count() == 2
    assert StaffAct.objects.filter(kind="ended", reason="清理滞留").count() == 2


def test_long_filter_is_worked_off_in_parts(duty, monkeypatch):
    monkeypatch.setattr(bulk_pages, "MOST", 1)
    token = previewed(duty, f"{END}?state=abandoned", {"all": "1", **WHY})
    page = duty.post(END, {"token": token}, follow=True).content.decode()
    assert "预览下一批：还有 1 条符合筛选" in page
    assert 'href="/console/stays?state=abandoned"' in page
    sent = dict(re.findall(r'<input type="hidden" name="(all|end-\w+)" value="([^"]*)">', page))
    assert sent == {"all": "1", **WHY}
    token = previewed(duty, f"{END}?state=abandoned", sent)
    page = duty.post(END, {"token": token}, follow=True).content.decode()
    assert "预览下一批" not in page
    assert len(inside()) == 1


def test_chosen_sessions_are_ended(duty):
    chosen = inside()[1]
    token = previewed(duty, END, {"row": [str(chosen.pk)], **WHY})
    duty.post(END, {"token": token})
    chosen.refresh_from_db()
    assert chosen.left_at is not None
    assert len(inside()) == 2


def test_exit_can_be_the_last_read(duty):
    chosen = inside()[0]
    token = previewed(duty, END, {"row": [str(chosen.pk)], "end-why": "清理", "end-exit": "seen"})
    duty.post(END, {"token": token})
    chosen.refresh_from_db()
    assert chosen.left_at == chosen.entered_at
    assert not Debt.objects.filter(amount_fen__gt=0).exists()


def test_second_press_is_harmless(duty):
    token = previewed(duty, END, {"all": "1", **WHY})
    first, second = (duty.post(END, {"token": token}, follow=True) for _ in range(2))
    assert "已完成 3 条" in first.content.decode()
    assert "已完成 3 条" in second.content.decode()
    assert BulkRun.objects.count() == 1
    assert StaffAct.objects.count() == BulkRow.objects.count() == 3


def test_result_is_shown_to_who_acted(duty, owner):
    """It has an address, so that the way back sends nothing a second time."""
    answer = duty.post(END, {"token": previewed(duty, END, {"all": "1", **WHY})})
    assert answer.status_code == 302
    assert "已完成 3 条" in duty.get(answer["Location"]).content.decode()
    assert owner.get(answer["Location"]).status_code == 404
    assert duty.get(f"{END}?run=x")["Location"] == "/console/stays"


def test_row_changed_since_is_left_out(duty, lot):
    changed, same, _ = inside()
    token = previewed(duty, END, {"all": "1", **WHY})
    see(make_device(lot, "exit"), PLATES[0], now(), offline=True, received=now())
    page = duty.post(END, {"token": token}, follow=True).content.decode()
    assert dict(outcomes())[changed.pk] == "changed"
    assert dict(outcomes())[same.pk] == "done"
    assert "预览之后有变化" in page
    assert "沪A***11" in page


def test_run_goes_on_where_it_stopped(duty, monkeypatch):
    token = previewed(duty, END, {"all": "1", **WHY})
    plain, calls = bulk_pages.BulkPage.act_on, []

    def dying(self, run, press, pk, mark):
        if len(calls) == 1:
            raise RuntimeError
        calls.append(pk)
        plain(self, run, press, pk, mark)

    monkeypatch.setattr(bulk_pages.BulkPage, "act_on", dying)
    with pytest.raises(RuntimeError):
        duty.post(END, {"token": token})
    monkeypatch.setattr(bulk_pages.BulkPage, "act_on", plain)
    duty.post(END, {"token": token})
    assert {outcome for _, outcome in outcomes()} == {"done"}
    assert StaffAct.objects.count() == BulkRow.objects.count() == 3


def test_faults_are_shown_beside_fields(duty):
    answer = duty.post(END, {"all": "1"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_end-why_error"' in text
    assert 'id="id_end-exit_error"' in text
    assert "请至少勾选一条" in duty.post(END, WHY).content.decode()
    plated = duty.post(END, {"all": "1", **WHY, "end-why": "沪A12345 滞留"})
    assert plated.status_code == 422


@pytest.mark.parametrize("row", ["x", "", "-1", "²", "9" * 30, "0"])
def test_unknown_rows_are_no_rows(duty, row):
    assert duty.post(END, {"row": [row], **WHY}).status_code == 422


@pytest.mark.parametrize("token", ["", "x", "a:b:c"])
def test_forged_token_changes_nothing(duty, token):
    assert duty.post(END, {"token": token}).status_code == 409
    assert len(inside()) == 3


def test_token_is_for_one_person_and_act(duty, owner):
    token = previewed(duty, END, {"all": "1", **WHY})
    assert owner.post(END, {"token": token}).status_code == 404
    assert duty.post(EXTEND, {"token": token}).status_code == 404
    assert len(inside()) == 3


def test_old_preview_is_refused(duty, monkeypatch):
    token = previewed(duty, END, {"all": "1", **WHY})
    monkeypatch.setattr(bulk_pages, "PREVIEW_SECONDS", -1)
    assert "请重新预览" in duty.post(END, {"token": token}, follow=True).content.decode()
    assert len(inside()) == 3


def test_other_lots_rows_are_out_of_reach(duty, lot):
    strange = make_lot(slug="strange")
    see(make_device(strange, "entry"), "沪D22222", now() - timedelta(days=9), offline=True, received=now())
    foreign = ParkingSession.objects.get(lot=strange)
    assert duty.post(END, {"row": [str(foreign.pk)], **WHY}).status_code == 422
    token = previewed(duty, END, {"all": "1", **WHY})
    duty.post(END, {"token": token})
    assert inside() == [foreign]


def test_revoked_permission_stops_confirmation(duty, lot):
    token = previewed(duty, END, {"all": "1", **WHY})
    lot.grants.update(ended_at=now())
    assert duty.post(END, {"token": token}).status_code in {302, 403}
    assert len(inside()) == 3


def test_at_most_some_rows_at_once(duty, monkeypatch):
    monkeypatch.setattr(bulk_pages, "MOST", 2)
    answer = duty.post(END, {"all": "1", **WHY})
    assert "其余 1 条" in answer.content.decode()
    duty.post(END, {"token": token_in(answer)})
    assert len(inside()) == 1


def test_token_holds_no_plate(duty):
    token = previewed(duty, END, {"all": "1", **WHY})
    known = bulk_pages.signing.loads(token, salt=bulk_pages.SALT)
    assert set(known) == {*("list", "act", "staff", "key", "why", "values", "at", "rows"), "filter", "all"}
    assert not any(plate[2:] in str(known) for plate in PLATES)


def granted(lot, plate, days):
    return permits.grant(
        lot=lot,
        plate=parse(plate),
        valid_from=now() - timedelta(days=1),
        valid_until=now() + timedelta(days=days),
        source=Permit.Source.STAFF,
        at=now(),
    )


def test_permits_are_extended(owner, lot):
    first, second = (granted(lot, plate, days) for plate, days in (("沪B00001", 3), ("沪B00002", 90)))
    last = localdate() + timedelta(days=30)
    answer = owner.post(EXTEND, {"all": "1", "extend-why": "续费", "extend-last": last.isoformat()})
    assert "有效期已到或超过这一天" in answer.content.decode()
    owner.post(EXTEND, {"token": token_in(answer)})
    assert PermitExtension.objects.get().right == first
    second.refresh_from_db()
    assert outcomes() == [(first.pk, "done")]


def test_permits_are_cancelled(owner, lot):
    rows = [granted(lot, plate, days) for plate, days in (("沪B00001", 3), ("沪B00002", 90))]
    kept = granted(lot, "沪B00003", 90)
    chosen = [str(row.pk) for row in rows]
    answer = owner.post(CANCEL, {"row": chosen, "cancel-why": "租户已退租"})
    assert "立即失效" in answer.content.decode()
    assert "返回，不做改动" in answer.content.decode()  # not another 取消 beside the button
    assert not Permit.objects.exclude(revoked_at=None).exists()
    for _press in range(2):  # a second press changes nothing
        owner.post(CANCEL, {"token": token_in(answer)})
    assert set(Permit.objects.filter(revoked_why="租户已退租")) == set(rows)
    assert Permit.objects.get(revoked_at=None) == kept


@pytest.mark.parametrize("last", ["", "x", "1999-01-01", "9999-12-31", "2100-01-01"])
def test_impossible_day_is_refused(owner, lot, last):
    granted(lot, "沪B00001", 3)
    answer = owner.post(EXTEND, {"all": "1", "extend-why": "续费", "extend-last": last})
    assert answer.status_code == 422
    assert 'id="id_extend-last_error"' in answer.content.decode()


def test_past_day_extends_nothing(owner, lot):
    granted(lot, "沪B00001", 3)
    answer = owner.post(EXTEND, {"all": "1", "extend-why": "续费", "extend-last": "2020-01-01"})
    assert not re.search("将续期至", answer.content.decode())
    assert token_in(answer) == ""


def test_devices_are_revoked(owner, lot):
    device = Device.objects.get()
    token = previewed(owner, REVOKE, {"row": [str(device.pk)], "revoke-why": "停用"})
    owner.post(REVOKE, {"token": token})
    device.refresh_from_db()
    assert device.revoked_at is not None
    assert SettingChange.objects.filter(kind="revoked", why="停用").count() == 1


def test_coupons_are_withdrawn(owner, lot):
    shop = make_shop(lot)
    coupons = [hand_out(shop, make_offer(shop), now(), plate=None) for _ in range(3)]
    token = previewed(owner, f"{WITHDRAW}?shop={shop.pk}", {"all": "1", "withdraw-why": "印错"})
    revoke(coupons[0], why="发错", at=now())
    page = owner.post(WITHDRAW, {"token": token}, follow=True).content.decode()
    assert "已完成 2 条，共 3 条" in page
    assert {row.state for row in Coupon.objects.all()} == {"revoked"}
    assert CouponEvent.objects.filter(became="revoked", cause="印错", by__isnull=False).count() == 2


def test_coupons_that_are_over_are_not_withdrawn(owner, lot):
    shop, at = make_shop(lot), now()
    used, over = (hand_out(shop, make_offer(shop), at, plate=None) for _ in range(2))
    revoke(used, why="发错", at=at)
    Coupon.objects.filter(pk=over.pk).update(valid_until=at)
    answer = owner.post(WITHDRAW, {"all": "1", "withdraw-why": "印错"}).content.decode()
    assert all(words in answer for words in ("已使用、已撤回或已过期", "已过期"))
    assert 'name="token"' not in answer


def test_coupon_of_a_running_payment_is_left(owner, lot, monkeypatch):
    shop = make_shop(lot)
    coupon = hand_out(shop, make_offer(shop), now(), plate=None)
    token = previewed(owner, WITHDRAW, {"all": "1", "withdraw-why": "印错"})
    monkeypatch.setattr(bulk_acts, "revoke", lambda *_args, **_fields: False)
    page = owner.post(WITHDRAW, {"token": token}, follow=True).content.decode()
    assert "已使用、正在支付或已过期" in page
    assert outcomes() == [(coupon.pk, "refused")]


def test_clerks_do_not_withdraw_in_bulk(lot):
    clerk = signed_in(make_person(Role.SHOP, lot=lot))
    assert clerk.post(WITHDRAW, {"all": "1", "withdraw-why": "印错"}).status_code == 403


def test_bulk_act_is_in_audit_log(owner):
    token = previewed(owner, END, {"all": "1", **WHY})
    owner.post(END, {"token": token})
    log = owner.get("/console/compliance/audit?kind=bulk").content.decode()
    assert "批量操作" in log
    assert "清理滞留" in log


def test_each_list_act_is_known():
    for (name, act), known in bulk_acts.BULK_ACTS.items():
        assert known.name == act
        assert name in {"stays", "permits", "devices", "coupons"}


@pytest.mark.django_db(transaction=True)
def test_simultaneous_presses_act_once(lot):
    client = signed_in(make_person(Role.DUTY, lot=lot))
    token = previewed(client, END, {"all": "1", **WHY})
    assert not faults(at_once(*2 * [lambda: client.post(END, {"token": token})]))
    assert BulkRun.objects.count() == 1
    assert StaffAct.objects.count() == BulkRow.objects.filter(outcome="done").count() == 3
