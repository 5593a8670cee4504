"""What stands on every page: the menu's places, the counts, the search; and the pages for errors."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, now

from console import attention, console_errors, search_page
from console.search_guides import GUIDES
from console.search_words import WORDS
from console.templatetags.console_tags import _entry_of, _menu_addresses
from lots.models import Device, Lot
from monitoring.models import Heartbeat, Incident, Silence
from payments.models import Discrepancy
from staff.models import PlateAccess, Role
from staff.permissions import MAY
from tests.console.console_world import ADDRESSES
from tests.factories import make_device, make_lot, make_person, signed_in
from tests.payments.acting import PLATE
from tests.test_surfaces import CONSOLE, deployed, surface

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
__all__ = ["deployed"]


@pytest.fixture
def world(shared_world):
    return shared_world


@pytest.fixture
def owner(world):
    return signed_in(make_person(Role.OWNER, operator=world.lot.operator))


def search(client, text):
    return client.post("/console/search", {"q": text})


def hits(answer):
    return {hit.address for group in answer.context["groups"] for hit in group.hits}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/console/", "console:today"),
        ("/console/stays/5", "console:stays"),
        ("/console/tariffs/x/draft", "console:tariffs"),
        ("/console/discrepancies/7", "console:tasks"),
        ("/console/compliance/audit", "console:audit"),
        ("/console/account/sign-ins", ""),
        ("/console/lots/x/access/import", "console:access"),
        ("/console/lots/x/signs/add", "console:all-signs"),
        ("/console/lots/x/settings", "console:lots"),
    ],
)
def test_subpage_belongs_to_menu_entry(path, name):
    assert _entry_of(path, _menu_addresses()) == name


def test_menu_marks_one_page(owner, world):
    text = owner.get(f"/console/stays/{world.session.pk}").content.decode()
    assert text.count("aria-current=") == text.count('aria-current="true"') == 1


class TestAttention:
    def test_tasks_are_counted(self, owner, world):
        before = owner.get("/console/attention").json()["tasks"]
        Discrepancy.objects.create(
            kind="differs", provider="x", merchant="x", number="9", lot=world.lot, seen_at=now()
        )
        assert owner.get("/console/attention").json()["tasks"] == before + 1
        assert re.search(rf"data-tasks[^>]*>{before + 1}<", owner.get("/console/lots").content.decode())

    def test_count_is_that_of_the_page(self, owner, world):
        ADDRESSES["console:entered-by-hand"](world)  # paid, and not accepted by the parking system
        count = owner.get("/console/tasks").context["tasks"].count
        assert owner.get("/console/attention").json()["tasks"] == count == 2

    def test_counts_follow_permissions(self, world):
        booth = signed_in(make_person(Role.BOOTH, lot=world.lot))
        assert booth.get("/console/attention").json().items() >= {"tasks": None, "red": None}.items()
        regulator = signed_in(make_person(Role.REGULATOR, lot=world.lot))
        assert regulator.get("/console/attention").json().items() >= {"tasks": None, "red": None}.items()

    def test_open_incident_is_red(self):
        Heartbeat.objects.create(worker="w", started_at=now(), beat_at=now())
        client = signed_in(make_person())
        assert client.get("/console/attention").json()["red"] is False
        incident = Incident.objects.create(kind="queue", since=now(), red_at=now())
        assert client.get("/console/attention").json()["red"] is True
        Silence.objects.create(
            kind="queue", until=now() + timedelta(hours=1), why="x", by=make_person(), at=now()
        )
        assert client.get("/console/attention").json()["red"] is False
        incident.delete()

    def test_dead_worker_is_red(self):
        client = signed_in(make_person())
        assert client.get("/console/attention").json()["red"] is True

    def test_ended_fault_is_not_red(self):
        """The page shows what is; an incident stays open some minutes longer."""
        at = now()
        Heartbeat.objects.create(worker="w", started_at=at, beat_at=at)
        Incident.objects.create(kind="queue", since=at, red_at=at - timedelta(minutes=2))
        assert signed_in(make_person()).get("/console/attention").json()["red"] is False

    def test_faults_of_others_are_hidden(self, owner, world):
        Device.objects.filter(lot=world.lot).update(last_seen_at=now())
        make_device(world.strange, "exit")
        assert owner.get("/console/attention").json()["red"] is False


class TestHealthDot:
    """The dot and the page give one answer, to staff of one operator as to those of the whole site."""

    @pytest.fixture
    def refused(self, world):
        """Make a fault that an incident records for the whole site only."""
        Device.objects.filter(lot=world.lot).update(last_seen_at=now())
        at = now() - timedelta(hours=25)
        return Discrepancy.objects.create(
            kind="differs", provider="x", merchant="x", number="9", lot=world.lot, seen_at=at
        )

    def dots(self, client):
        """Return whether the dot is red, the page's own dot too, and what the page's first sentence is."""
        page = client.get("/console/health").content.decode()
        attention.forget()
        own = re.search(r'data-health\s+class="(\w+)"', page)[1]
        return client.get("/console/attention").json()["red"], own, re.search(r'class="state (\w+)"', page)[1]

    def test_fault_without_own_incident_is_red(self, owner, refused):
        assert self.dots(owner) == (True, "red", "red")

    def test_muted_fault_is_not_red(self, owner, refused):
        until = now() + timedelta(hours=1)
        Silence.objects.create(kind="discrepancies", until=until, why="x", by=make_person(), at=now())
        assert self.dots(owner) == (False, "green", "amber")
        assert "这类告警已静默" in owner.get("/console/health").content.decode()

    def test_end_of_fault_is_not_red(self, owner, refused):
        refused.delete()
        assert self.dots(owner)[:2] == (False, "green")

    def test_page_corrects_the_dot(self, world):
        """The worker judges twice a minute; who opens the page knows at once."""
        Heartbeat.objects.create(worker="w", started_at=now(), beat_at=now())
        manager = signed_in(make_person())
        assert manager.get("/console/attention").json()["red"] is False
        page = manager.get("/console/health").content.decode()
        assert (
            re.search(r'class="state (\w+)"', page)[1] == re.search(r'data-health\s+class="(\w+)"', page)[1]
        )


class TestSearch:
    def test_plate_opens_its_session(self, owner, world):
        answer = search(owner, PLATE)
        assert answer.headers["Location"] == f"/console/stays/{world.session.pk}"
        assert PlateAccess.objects.get().kind == PlateAccess.Kind.WHOLE

    def test_plate_stands_in_no_address(self, owner):
        assert owner.get("/console/search", {"q": PLATE}).status_code == 405
        form = re.search(r"<form[^>]*/console/search[^>]*>", owner.get("/console/lots").content.decode())[0]
        assert 'method="post"' in form

    def test_receipt_code_is_found(self, owner, world):
        assert hits(search(owner, world.payment.receipt_code)) == {
            f"/console/payments/{world.payment.pk}",
            f"/console/stays/{world.session.pk}",
        }

    def test_lot_device_page_setting(self, owner, world):
        assert search(owner, "只此一家").headers["Location"] == f"/console/lots/{world.lot.slug}"
        assert f"/console/devices/{world.device.pk}" in hits_or_target(search(owner, world.device.name))
        assert "/console/days" in hits(search(owner, "日结"))
        assert "/console/days" in hits(search(owner, "daily clos"))
        assert f"/console/lots/{world.lot.slug}/settings#id_jam_minutes" in hits(search(owner, "拥堵"))
        phone = f"/console/operators/{world.lot.operator_id}#id_service_phone"
        assert phone in hits_or_target(search(owner, "服务电话"))

    def test_page_is_found_by_its_help(self, owner):
        assert "/console/tariffs" in hits_or_target(search(owner, "价格"))
        assert "/console/shifts" in hits_or_target(search(owner, "换班"))

    @pytest.mark.parametrize(
        ("text", "page"),
        [
            ("加相机", "devices"),
            ("周六价格", "tariffs"),
            ("谁开的闸", "compliance/audit"),
            ("打印标识", "signs"),
            ("上个月收入", "reports"),
            ("新同事", "people"),
            ("抬杆", "booth"),
            ("Open the Barrier", "booth"),
            ("改价", "tariffs"),
            ("谁查了号牌", "compliance/audit"),
            ("标识坏了", "signs"),
            ("停业", "setup"),
            ("修改密码", "account/password"),
            ("忘记密码", "people"),
            ("车主要发票", "invoices"),
            ("多收了钱", "payments"),
            ("查监控", "reads"),
            ("停电了", "health"),
            ("出口拥堵", "lots"),
            ("添加设备", "devices"),
            ("证明纯净", "compliance/papers"),
            ("add user", "people"),
            ("付了两次", "payments"),
            ("杆不起来", "booth"),
            ("对不上账", "days"),
            ("同事辞职", "people"),
            ("丢手机", "account/factors"),
            ("被贴了假码", "signs"),
            ("换回原系统", "setup"),
            ("permits expiring", "access?state=soon"),
            ("The driver was charged twice", "payments"),
            ("付了两次", "tasks/refunds"),
            ("退款没到账", "tasks/refunds"),
            ("涨价", "tariffs"),
            ("免单", "stays"),
            ("逃费了", "tasks/balances"),
            ("杆砸车了", "openings"),
            ("收银员少钱", "shifts"),
            ("月租到期", "access?state=soon"),
            ("二维码扫不出来", "signs"),
            ("我付过钱了", "payments"),
            ("对不上账", "bills"),
            ("救护车", "tariffs"),
            ("外地车", "tariffs"),
            ("新能源", "tariffs"),
            ("发票抬头", "invoices"),
            ("页面有广告", "selfcheck"),
        ],
    )
    def test_page_is_found_by_what_it_does(self, owner, text, page):
        assert f"/console/{page}" in hits_or_target(search(owner, text))

    def test_guide_opens_the_only_lot(self, world):
        alone = signed_in(make_person(Role.OWNER, lot=world.lot))
        assert f"/console/lots/{world.lot.slug}/settings" in hits_or_target(search(alone, "封车位"))

    def test_queue_guide_opens_lots(self, world):
        make_lot(slug="second", name="第二停车场", operator=world.lot.operator)
        client = signed_in(make_person(Role.OWNER, operator=world.lot.operator))
        assert "/console/lots" in hits_or_target(search(client, "排队"))

    def test_guides_name_pages_their_readers_may_open(self):
        menu = {name: action for _place, entries in settings.CONSOLE_MENU for name, _label, action in entries}
        for guide in GUIDES:
            needed = menu.get(guide.route, guide.action)
            assert MAY[guide.action] <= MAY[needed], guide.title
            assert reverse(guide.route)

    @pytest.mark.parametrize("code", ["7K2CARX9M4TA", "CAR7K2X9M4TA", "7K2X9M4TAFEE"])
    def test_code_is_no_word(self, owner, code):
        assert "/console/stays" not in hits_or_target(search(owner, code))
        assert "/console/stays" in hits_or_target(search(owner, "Cars with a wrong plate"))

    def test_headings_with_numbers_are_found(self, owner, world):
        for text, address in (
            (f"停车记录 {world.session.pk}", f"stays/{world.session.pk}"),
            (f"支付{world.payment.pk}", f"payments/{world.payment.pk}"),
            (f"Payment {world.payment.pk}", f"payments/{world.payment.pk}"),
            (f"班次 {world.shift.pk}", f"shifts/{world.shift.pk}"),
        ):
            assert search(owner, text).headers["Location"] == f"/console/{address}"
        foreign = signed_in(make_person(Role.OWNER, lot=make_lot(slug="foreign")))
        assert not hits(search(foreign, f"支付 {world.payment.pk}"))

    @pytest.mark.parametrize("text", ["10.00", "¥10", "１０元", "￥10.0", "10 块"])
    def test_amount_leads_to_its_payments(self, owner, world, text):
        answer = search(owner, text)
        first = localdate() - timedelta(days=30)
        assert answer.status_code == 302
        assert answer["Location"] == f"/console/payments?first={first}&least=10.00&most=10.00"
        assert "10.00" in owner.get(answer["Location"]).content.decode()

    @pytest.mark.parametrize("text", ["15:40", "１５：４０", "9:05"])
    def test_time_leads_to_payments_around_it(self, owner, world, text):
        time = "09:05" if text == "9:05" else "15:40"
        assert search(owner, text)["Location"] == f"/console/payments?about={time}"

    @pytest.mark.parametrize(
        "text", ["10", "24:00", "¥", "1.2.3", "1e3元", "-5元", "¥" + "9" * 40, "12.345元"]
    )
    def test_other_numbers_are_no_amounts(self, owner, world, text):
        assert not any("least=" in one or "about=" in one for one in hits_or_target(search(owner, text)))

    def test_search_words_are_of_the_menu(self):
        menu = {name for _place, entries in settings.CONSOLE_MENU for name, _label, _action in entries}
        assert set(WORDS) <= menu

    def test_nothing_found_gives_one_advice(self, owner):
        page = search(owner, "无此词").content.decode()
        assert page.count('class="card empty"') == 1
        assert 'class="banner" role="status"' not in page.partition('id="main"')[2]

    def test_long_text_is_searched_whole(self, owner, world):
        Lot.objects.filter(pk=world.lot.pk).update(name="长" * 64)
        assert search(owner, "长" * 64).status_code == 302
        assert not hits(search(owner, "长" * 65))

    def test_results_follow_permissions(self, world):
        foreign = signed_in(make_person(Role.OWNER, operator=world.strange.operator))
        for text in (PLATE, world.payment.receipt_code, "只此一家", world.device.serial or "camera"):
            answer = search(foreign, text)
            assert answer.status_code == 200
            assert not any(f"/{world.lot.slug}" in one or "/payments/" in one for one in hits(answer))
        clerk = signed_in(make_person(Role.SHOP, lot=world.lot))
        assert hits(search(clerk, PLATE)) == hits(search(clerk, "日结")) == set()

    @pytest.mark.parametrize("text", ["", " ", "\0", "%", "a" * 10_000, "沪", "' OR 1=1 --", "９９９９"])
    def test_odd_input_is_answered(self, owner, text):
        assert search(owner, text).status_code in {200, 302}

    def test_found_pages_are_named_pages(self, owner):
        [group] = search(owner, "日结").context["groups"]
        assert group.title == "页面"

    def test_groups_are_bounded(self, owner, world):
        for number in range(search_page.MOST + 5):
            lot = make_lot(slug=f"many-{number}", name=f"Many {number}")
            lot.operator = world.lot.operator
            lot.save()
        assert len(hits(search(owner, "Many"))) == search_page.MOST


def hits_or_target(answer):
    return {answer.headers["Location"]} if answer.status_code == 302 else hits(answer)


class TestErrorPages:
    def test_missing_page_offers_the_menu(self, owner):
        answer = owner.get("/console/nowhere")
        assert answer.status_code == 404
        assert "没有这个页面" in answer.content.decode()
        assert 'href="/console/stays"' in answer.content.decode()

    def test_missing_page_shows_strangers_no_menu(self):
        text = Client().get("/console/nowhere").content.decode()
        assert "没有这个页面" in text
        assert "/console/stays" not in text

    def test_refusal_says_whom_to_ask(self, world):
        answer = signed_in(make_person(Role.BOOTH, lot=world.lot)).get("/console/people")
        assert answer.status_code == 403
        assert "没有权限" in answer.content.decode()

    def test_expired_form_leads_back(self, world):
        client = Client(enforce_csrf_checks=True)
        client.force_login(make_person(Role.OWNER, operator=world.lot.operator))
        answer = client.post(f"/console/devices/{world.device.pk}/revoke")
        assert answer.status_code == 403
        assert "页面已过期" in answer.content.decode()
        assert f'href="/console/devices/{world.device.pk}"' in answer.content.decode()

    def test_expired_sign_in_leads_back(self):
        answer = Client(enforce_csrf_checks=True).post("/console/login", {"login": "x"})
        assert 'href="/console/login"' in answer.content.decode()

    def test_fault_is_answered_without_database(self, owner, monkeypatch):
        def fail(*_args):
            raise DatabaseError

        owner.raise_request_exception = False
        monkeypatch.setattr("console.lot_pages.progress_of", fail)
        monkeypatch.setattr("console.lot_list._counts", fail)
        answer = owner.get("/console/lots")
        assert answer.status_code == 500
        assert "/console/" in answer.content.decode()

    @pytest.mark.parametrize(
        ("path", "page"),
        [
            ("/console/stays/5/end", "/console/stays/5"),
            ("/console/signs/5/revoke", "/console/signs"),
            ("/console/health/silence", "/console/health"),
            ("/console/account/totp", "/console/account/totp"),
            ("/console/", "/console/"),
        ],
    )
    def test_page_above_form(self, path, page):
        assert console_errors.page_above(path) == page

    def test_account_without_role_is_explained(self, db):
        page = signed_in(User.objects.create_user("nobody")).get("/console/")
        assert (page.status_code, "还没有角色" in page.content.decode()) == (403, True)


class TestLeadsBack:
    def test_console_host_leads_in(self, deployed):
        headers = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_HOST": "console.example.cn"}
        assert Client(**headers).get("/").headers["Location"] == "/console/"
        assert CONSOLE.endswith(headers["HTTP_HOST"])

    def test_shared_host_stays_with_drivers(self, settings):
        settings.SANDBOX_URL = ""
        assert Client().get("/").status_code == 404

    def test_demo_host_leads_in(self, settings):
        settings.SANDBOX_URL = "http://127.0.0.1:1"
        assert Client().get("/").headers["Location"] == "/console/"

    def test_driver_process_has_no_console(self, settings):
        settings.SURFACES, settings.ROOT_URLCONF = ["driver"], surface("driver")
        assert Client().get("/").status_code == 404
        assert "运营后台" not in Client().get("/console/lots").content.decode()

    def test_sign_in_keeps_the_query(self):
        answer = Client().get("/console/stays?state=inside")
        assert answer.headers["Location"] == "/console/login?next=/console/stays%3Fstate%3Dinside"

    def test_sign_in_after_post_returns_there(self, world):
        answer = Client().post(f"/console/stays/{world.session.pk}/end")
        assert answer.headers["Location"] == f"/console/login?next=/console/stays/{world.session.pk}"

    def test_second_factor_leads_back(self, world, settings):
        settings.CONSOLE_MFA = "required"
        user = make_person(Role.OWNER, operator=world.lot.operator)
        client = signed_in(user)
        client.get("/console/people")
        assert "回到刚才的页面" in client.get("/console/account/factors").content.decode()
        Authenticator.objects.create(user=user, type="totp", data={})
        assert 'href="/console/people"' in client.get("/console/account/factors").content.decode()
