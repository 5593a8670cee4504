"""The lists of stays, payments and reads: what they find, for whom, at what cost, and that no plate leaks."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from console import session_search
from lots import tariff_drafts
from lots.models import Device, ParkingSession, PlateRead, TariffVersion
from payments.models import Debt, Payment
from staff.models import PlateAccess, Role
from tests.factories import make_device, make_lot, make_person, see, signed_in
from tests.payments.acting import OTHER, PLATE, fresh, pay
from tests.payments.conftest import channel as channel  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
FIND = "/console/stays/find"


@pytest.fixture
def at():
    return now()


@pytest.fixture
def lot(at):
    lot = make_lot(slug="own")
    entry = make_device(lot, "entry")
    for plate in (PLATE, OTHER):
        see(entry, plate, at - timedelta(minutes=61), offline=True, received=at)
    return lot


@pytest.fixture
def parked(lot):
    return ParkingSession.objects.order_by("pk")[0]


def found(client, q, query="", **more):
    answer = client.post(f"{FIND}{query}", {"q": q, **more})
    return [line["row"].pk for line in answer.context["lines"]]


@pytest.mark.parametrize("typed", [PLATE, "沪a 12345", "沪A·12345"])
def test_full_plate_finds_stay_in_any_spelling(duty, parked, typed):
    assert found(duty, typed) == [parked.pk]


@pytest.mark.parametrize("piece", ["12345", "A123", "345", "沪A1"])
def test_partial_plate_finds_stay_in_lot(duty, parked, piece):
    assert found(duty, piece, "?lot=own") == [parked.pk]
    assert found(duty, piece, lot="own") == [parked.pk]


def test_partial_search_requires_lot_and_length(duty):
    answers = {q: duty.post(FIND, {"q": q}) for q in ("A12", "A1", "!!")}
    assert {answer.status_code for answer in answers.values()} == {422}
    assert "请先选定停车场" in answers["A12"].content.decode()
    assert "至少 3 位" in answers["A1"].content.decode()


def test_partial_search_respects_time_window(duty, at):
    begin = (at + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")  # in Shanghai: an hour from now
    assert found(duty, "12345", f"?lot=own&begin={begin}&end={begin}") == []


def test_partial_search_reports_its_limit(duty, parked, monkeypatch):
    monkeypatch.setattr(session_search, "MOST_OPENED", 1)
    answer = duty.post(f"{FIND}?lot=own", {"q": "沪A12"})
    assert "可能还有更多" in answer.content.decode()


def test_numbers_find_the_stay(duty, lot, parked, channel, at):
    payment = pay(lot, channel, at=at)
    for number in (
        payment.number,
        payment.provider_number,
        payment.receipt_code,
        payment.receipt_code.lower(),
    ):
        assert found(duty, number) == [parked.pk], number
    assert found(duty, str(parked.pk)) == [parked.pk]
    assert not PlateAccess.objects.exists()


def test_stay_without_entry_is_found(duty, lot, at):
    see(make_device(lot, "exit"), "沪C11111", at - timedelta(hours=1), offline=True, received=at)
    session = ParkingSession.objects.get(entered_at=None)
    assert found(duty, "沪C11111") == [session.pk]


def test_erased_or_foreign_stay_is_not_found(duty, parked, at):
    see(make_device(make_lot(), "entry"), "沪D22222", at)
    assert found(duty, "沪D22222") == []
    ParkingSession.objects.filter(pk=parked.pk).update(plate=None, plate_index=None, left_at=at)
    PlateRead.objects.update(plate=None, plate_index=None)
    assert found(duty, PLATE) == []


def test_plate_search_is_logged_without_plate(duty, lot, parked):
    found(duty, PLATE)
    found(duty, "沪Z99999")
    found(duty, "A12", lot="own")  # letters: digits alone might be the number of a stay
    found(duty, "A1")
    rows = PlateAccess.objects.order_by("pk").values_list("kind", "count", "lot", "staff__grants__role")
    assert list(rows) == [
        ("whole", 1, None, "duty"),
        ("whole", 0, None, "duty"),
        ("part", 1, lot.pk, "duty"),
        ("whole", 0, None, "duty"),  # it might have been a foreign one
    ]
    stored = " ".join(str(value) for row in PlateAccess.objects.values() for value in row.values())
    assert "12345" not in stored
    with pytest.raises(AssertionError):
        PlateAccess.objects.first().save()


def test_unmasking_listed_plates_is_logged(duty, lot, parked):
    page = duty.get("/console/stays").content.decode()
    assert "沪A***45" in page
    assert "12345" not in page
    answer = duty.post(f"{FIND}?lot=own", {"show": "1"})
    assert "沪A·12345" in answer.content.decode()
    assert PlateAccess.objects.values_list("kind", "count", "lot").get() == ("shown", 2, lot.pk)
    assert "12345" not in duty.get("/console/stays").content.decode()
    assert "no-store" in answer.headers["Cache-Control"]


def test_unmasking_without_permission_is_refused(lot):
    auditor = signed_in(make_person(Role.AUDITOR, lot=lot))
    assert "显示本页完整号牌" not in auditor.get("/console/stays").content.decode()
    assert auditor.post(FIND, {"show": "1"}).status_code == 403
    assert not PlateAccess.objects.exists()


def test_search_result_is_masked_by_default(duty, parked):
    page = duty.post(FIND, {"q": "345", "lot": "own"}).content.decode()
    assert "沪A***45" in page
    assert PLATE not in page
    assert "沪A·12345" in duty.post(FIND, {"q": "345", "lot": "own", "show": "1"}).content.decode()


def test_search_leaks_no_plate(duty, parked, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    for text in ({"q": PLATE}, {"q": "345", "lot": "own"}, {"q": PLATE, "show": "1"}, {"q": "沪A1234"}):
        page = duty.post(f"{FIND}?state=inside", text).content.decode()
        addresses = [part.split('"')[0] for part in page.split('href="')[1:] + page.split('action="')[1:]]
        assert not [address for address in addresses if "345" in address or "%E6%B2%AA" in address]
    assert duty.get(FIND).headers["Location"] == "/console/stays"
    logs = [
        line for line in (caplog.text + "".join(capsys.readouterr())).splitlines() if "django.db" not in line
    ]
    assert "12345" not in "\n".join(line for line in logs if "SELECT" not in line and "INSERT" not in line)


def test_list_filter_form_has_no_plate_field(duty):
    page = duty.get("/console/stays?lot=own")
    assert set(page.context["form"].fields) == {"lot", "state", "lane", "begin", "end"}


def test_stay_list_filters_by_state_and_lane(duty, lot, parked, at):
    exit_camera = make_device(lot, "exit")
    ParkingSession.objects.filter(pk=parked.pk).update(
        left_at=at, needs_review=True, exit_lane=exit_camera.lane
    )
    Debt.objects.create(lot=lot, session=parked, amount_fen=700, since=at, forget_at=at)

    def listed(query):
        return [line["row"].pk for line in duty.get(f"/console/stays?{query}").context["lines"]]

    other = ParkingSession.objects.exclude(pk=parked.pk).get().pk
    assert listed("state=inside") == [other]
    assert listed("state=left") == listed("state=unpaid") == listed("state=review") == [parked.pk]
    assert listed(f"lot=own&lane={exit_camera.lane_id}") == [parked.pk]
    assert listed("") == [other, parked.pk]
    assert listed("end=2020-01-01T00:00") == []


def test_booth_clerk_sees_only_own_lot(lot, at):
    strange = make_lot(slug="strange")
    see(make_device(strange, "entry"), "沪D22222", at)
    booth = signed_in(make_person(Role.BOOTH, lot=lot))
    for query in ("", "?lot=strange"):
        for page in ("stays", "reads", "devices"):
            text = booth.get(f"/console/{page}{query}").content.decode()
            assert "22222" not in text
            assert "沪D" not in text
            assert 'value="strange"' not in text
    assert booth.get("/console/payments").status_code == 403
    assert booth.post("/console/payments/find", {"q": "x"}).status_code == 403


def test_stay_list_pagination_is_complete(duty, lot, at):
    ParkingSession.objects.bulk_create(
        ParkingSession(lot=lot, plate_kind="ordinary", entered_at=at - timedelta(hours=n), left_at=at)
        for n in range(1, 120)
    )
    seen, address = [], "/console/stays"
    while address:
        slice_ = duty.get(address).context["found"]
        seen += [row.pk for row in slice_.rows]
        address = f"/console/stays{slice_.older}" if slice_.older else ""
    assert seen == list(ParkingSession.objects.order_by("-entered_at", "-pk").values_list("pk", flat=True))
    assert len(seen) == 121


@pytest.mark.parametrize(
    "query", ["before=x", "before=²", "before=99999999999999999999", "lot=none", "state=x", "begin=x"]
)
def test_invalid_list_query_is_ignored(duty, query):
    for page in ("stays", "payments", "reads", "devices"):
        assert duty.get(f"/console/{page}?{query}").status_code == 200


def cost(client, path, data=None):
    client.get("/console/attention")  # the header's counts are kept for seconds
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path) if data is None else client.post(path, data)
    assert answer.status_code == 200
    return len(seen)


PAGES = {  # one of them for the saved filters
    "/console/stays": 11,
    "/console/stays?lot=own&state=inside": 17,
    "/console/stays?state=unpaid": 8,
    "/console/payments?state=paid": 8,
    "/console/reads?state=review": 8,
    "/console/devices": 8,
}


@pytest.mark.parametrize(("path", "most"), PAGES.items())
def test_list_query_count_is_constant(lot, channel, at, path, most):
    duty = signed_in(make_person(Role.DUTY, lot=lot))
    pay(lot, channel, at=at)
    few = cost(duty, path)
    more = make_device(lot, "entry")
    for number in range(20):
        see(more, f"沪C{number:05}", at - timedelta(minutes=61), offline=True, received=at)
    Device.objects.update(last_seen_at=None)
    ParkingSession.objects.update(needs_review=True)
    assert cost(duty, path) == few <= most


def test_tariffs_page_query_count_is_constant(lot):
    owner = make_person(Role.OWNER, operator=lot.operator)
    client = signed_in(owner)
    client.get("/console/tariffs")
    few = cost(client, "/console/tariffs")
    later = now() + timedelta(days=9)
    for number in range(5):
        other = make_lot(name=f"另一处 {number}", operator=lot.operator)
        TariffVersion.objects.create(lot=other, version=2, document={}, valid_from=later)
        TariffVersion.objects.create(lot=other, version=3, document={}, valid_from=later - timedelta(days=1))
        tariff_drafts.save(lot=other, text="{}", revision=0, by=owner, at=now())
    assert cost(client, "/console/tariffs") == few
    page = client.get("/console/tariffs").content.decode()
    assert (page.count("第 1 版"), page.count("第 2 版"), page.count("第 3 版")) == (6, 0, 5)


def test_search_query_count_is_constant(lot):
    owner = signed_in(make_person())
    cost(owner, FIND, {"q": PLATE})  # reads the tariff, once a process
    few = cost(owner, FIND, {"q": PLATE})
    for _ in range(5):
        make_lot()
    assert cost(owner, FIND, {"q": PLATE}) == few <= 14


def test_payments_are_found_by_number(duty, lot, channel, at):
    payment = pay(lot, channel, at=at)
    for number in (payment.provider_number, payment.number, payment.receipt_code):
        page = duty.post("/console/payments/find", {"q": f" {number} "})
        assert page.context["found"].rows == [payment]
    assert duty.post("/console/payments/find", {"q": "nothing"}).context["found"].rows == []
    assert duty.post("/console/payments/find", {"q": "\0沪"}).context["found"].rows == []
    assert (
        '<a href="/console/stays">按号牌'
        in duty.post("/console/payments/find", {"q": "沪A12345"}).content.decode()
    )


def test_other_lots_payments_are_hidden(channel, lot, at):
    payment = pay(lot, channel, at=at)
    stranger = signed_in(make_person(Role.FINANCE, lot=make_lot()))
    assert stranger.post("/console/payments/find", {"q": payment.number}).context["found"].rows == []
    assert stranger.get("/console/payments?state=paid").context["found"].rows == []


def test_payment_list_filters(duty, lot, channel, at):
    paid, open_ = pay(lot, channel, at=at), pay(lot, channel, OTHER, at=at, notify=False)
    Payment.objects.filter(pk=open_.pk).update(provider="wechat")

    def listed(query):
        return [row.pk for row in duty.get(f"/console/payments?{query}").context["found"].rows]

    assert listed("") == listed("lot=own") == listed("day=today") == [open_.pk, paid.pk]
    assert listed("state=paid") == listed("state=paid&day=today") == [paid.pk]
    assert listed("state=waiting") == listed("channel=wechat") == [open_.pk]
    assert listed("day=2020-01-01") == listed("state=failed") == []
    assert fresh(paid).state == "paid"
