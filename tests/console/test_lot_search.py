"""An operator of many lots finds one at once, on the lists of lots, booths and tariffs."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from lots import gates, lane_calls
from lots.models import Device, Lot, PlateRead, TariffVersion
from lots.sightings import STANDING
from staff.models import Role
from tests.factories import make_device, make_lot, make_person, see, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
PAGES = {f"/console/{name}": f"/console/{name}/" for name in ("lots", "booth", "tariffs")}
EACH_PAGE = pytest.mark.parametrize("page", PAGES)


@pytest.fixture
def lots():
    """Return two hundred lots of one operator."""
    first = make_lot(slug="p-000", name="停车场 000")
    rows = [
        Lot(
            operator=first.operator, slug=f"p-{number:03}", name=f"停车场 {number:03}", address=f"{number} 路"
        )
        for number in range(1, 200)
    ]
    return [first, *Lot.objects.bulk_create(rows)]


@pytest.fixture
def client(lots):
    return signed_in(make_person(Role.OWNER, operator=lots[0].operator))


def names(answer):
    lines = [line if isinstance(line, dict) else {"lot": line.lot} for line in answer.context["lines"]]
    return [(line.get("lot") or line["row"]).slug for line in lines]


@EACH_PAGE
@pytest.mark.parametrize("text", ["停车场 137", "P-137", "１３７", "停车场　１３７"])
def test_only_lot_found_opens(client, page, text):
    assert client.post(page, {"q": text}).headers["Location"] == f"{PAGES[page]}p-137"


@EACH_PAGE
def test_several_lots_found_are_listed(client, page):
    answer = client.post(page, {"q": "停车场 13"})
    assert sorted(names(answer)) == ["p-013", "p-113", *(f"p-{number}" for number in range(130, 140))]
    assert "显示全部停车场" in answer.content.decode()


@EACH_PAGE
def test_search_without_result_lists_all(client, page):
    answer = client.post(page, {"q": "沪A12345"})
    assert len(names(answer)) == (100 if page == "/console/lots" else 200)
    assert 'id="q-error"' in answer.content.decode()


@EACH_PAGE
def test_few_lots_need_no_search(page):
    make_lot(slug="one"), make_lot(slug="two")
    assert 'id="q"' not in signed_in(make_person()).get(page).content.decode()


def test_lots_found_have_no_export_of_all(client):
    found = client.post("/console/lots", {"q": "停车场 13"}).content.decode()
    assert "file=csv" not in found
    assert "file=csv" in client.get("/console/lots").content.decode()


def test_booth_with_trouble_comes_first(client, lots):
    at = now()
    see(make_device(lots[50], "exit", last_seen_at=at), "沪A12345", at)
    make_device(lots[60], "exit", last_seen_at=at - timedelta(hours=1))
    lane_calls.call(make_device(lots[70], "exit", last_seen_at=at).lane, by=make_person(), at=at)
    Device.objects.filter(lot__in=[lots[50], lots[70]]).update(last_seen_at=at)
    answer = client.get("/console/booth")
    assert names(answer)[:4] == ["p-070", "p-050", "p-060", "p-000"]
    text = answer.content.decode()
    assert "呼叫：1 次" in text
    assert "等候车辆：1 辆" in text
    assert "失联设备：1 台" in text


def test_lot_without_price_comes_first(client, lots):
    priced = [lot for lot in lots if lot.slug not in {"p-100", "p-150"}]
    source = TariffVersion.objects.get(lot=lots[0])
    for lot in priced[1:]:
        source.pk, source.lot = None, lot
        source.save(force_insert=True)
    Lot.objects.filter(slug="p-150").update(system="keytop")
    answer = client.get("/console/tariffs")
    assert names(answer)[:2] == ["p-100", "p-000"]
    assert answer.content.decode().count("没有：算不出停车费") == 1


def test_waiting_cars_are_those_standing(lots):
    at = now()
    device, other = make_device(lots[0], "exit"), make_device(lots[1], "exit")
    see(device, "沪A12345", at - timedelta(seconds=20))
    see(device, "沪B22222", at)
    see(other, "沪C33333", at - STANDING - timedelta(seconds=1))
    assert gates.waiting_cars([lot.pk for lot in lots], at=at) == {lots[0].pk: 1}
    assert gates.standing(device.lane, at=at) == PlateRead.objects.latest("captured_at")
