"""The compliance pages: what is stored, what was erased, notices, inspection report, audit log."""

import re
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import translation
from django.utils.timezone import now
from pypdf import PdfReader

from compliance import inspection_report, inventory, notice_versions
from compliance.audit import audit_chain
from compliance.audit.audit_rows import SOURCES
from compliance.inspection_pdf import papers_pdf
from compliance.models import AuditDigest, Erasure, Inspection, NoticeVersion, SelfCheck
from console import audit_words
from lots import tariff_drafts
from lots.models import Lane, Lot, ParkingSession, Recipient, SettingChange, SignWording
from lots.setup import change_recorder
from lots.setup import place_settings as places
from monitoring import watch
from payments import append_only, booth, exit_grace_override
from payments.models.staff_action_models import StaffAct
from payments.staff_action_log import ActedBy
from staff import grants, invitations
from staff.models import Grant, PlateAccess, Role
from staff.report_mailings import sending
from tests.factories import NOON, TARIFF, make_device, make_lot, make_person, see, signed_in

pytestmark = pytest.mark.django_db
PAGES = ("data", "erasures", "notices", "papers")


@pytest.fixture
def lot():
    return make_lot(slug="pujiang")


def client_of(user):
    client = signed_in(user)
    client.user = user
    return client


@pytest.fixture
def owner(lot):
    return client_of(make_person(Role.OWNER, operator=lot.operator))


def page_text(client, page):
    answer = client.get(f"/console/compliance/{page}")
    assert answer.status_code == 200, page
    return answer.content.decode()


def car_departed(lot, plate="沪A12345", left=NOON):
    """A car that was in the lot and left."""
    see(make_device(lot, "entry"), plate, left - timedelta(hours=1))
    see(make_device(lot, "exit"), plate, left)
    ParkingSession.objects.filter(left_at=None).update(left_at=left)


def act(lot, staff, at=NOON, reason="道闸故障", number=1):
    return StaffAct.objects.create(
        act=f"00000000-0000-0000-0000-{number:012}",
        kind=StaffAct.Kind.RELEASED,
        staff=staff,
        lot=lot,
        lane=Lane.objects.get_or_create(lot=lot, name="1 号出口", direction="exit")[0],
        at=at,
        reason=reason,
        subject="session 1",
        amount_fen=1200,
    )


# Who may see what


@pytest.mark.parametrize(
    ("role", "pages", "log"),
    [
        (Role.OWNER, 200, 200),
        (Role.AUDITOR, 200, 200),
        (Role.REGULATOR, 200, 403),
        (Role.DUTY, 403, 403),
        (Role.FINANCE, 403, 403),
        (Role.SHOP, 403, 403),
    ],
)
def test_compliance_pages_by_role(lot, role, pages, log):
    client = client_of(make_person(role, lot=lot))
    assert {client.get(f"/console/compliance/{page}").status_code for page in PAGES} == {pages}
    assert client.get("/console/compliance/audit").status_code == log
    assert client.get("/console/compliance/audit.csv").status_code == log


@pytest.mark.parametrize("role", [Role.REGULATOR, Role.DUTY])
def test_regulator_reads_who_starts_checks(lot, role):
    page = client_of(make_person(role, lot=lot)).get("/console/selfcheck").content.decode()
    assert ("由运营方的负责人或值班经理启动" in page) == (role == Role.REGULATOR)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.REGULATOR, Role.DUTY])
def test_only_owner_may_erase_early(lot, role):
    client = client_of(make_person(role, lot=lot))
    answer = client.post("/console/compliance/erasures/pujiang/now", {"why": "检查"})
    assert answer.status_code == 403
    assert not Erasure.objects.exists()


def test_other_operators_data_is_hidden(lot, owner):
    other = make_lot(slug="other", name="别家广场")
    stranger = make_person(Role.OWNER, operator=other.operator)
    notice_versions.record_changed(at=NOON)
    act(other, stranger, reason="别家的事")
    PlateAccess.objects.create(staff=stranger, lot=None, kind="whole", count=1, at=NOON)
    foreign = NoticeVersion.objects.get(lot=other)
    for page in (*PAGES, "audit", "audit.csv"):
        text = owner.get(f"/console/compliance/{page}").content.decode()
        assert "别家" not in text, page
        assert stranger.username not in text, page
    assert owner.get(f"/console/compliance/notices/{foreign.pk}").status_code == 404
    assert owner.post(f"/console/compliance/papers/{other.operator_id}.pdf").status_code == 404
    assert owner.post("/console/compliance/erasures/other/now", {"why": "x"}).status_code == 404


# What is stored


def test_inventory_kinds_and_purposes_have_chinese():
    kinds = inventory.kinds_of(inventory.all_tables())
    texts = [getattr(kind, name) for kind in kinds for name in ("label", "ground", "recipients", "retention")]
    texts += [entry.purpose for entries in inventory.all_tables().values() for entry in entries]
    texts += [kind.personal.label for kind in kinds]
    assert len(texts) > 250
    with translation.override("en"):
        english = [str(text) for text in texts]
    with translation.override("zh-hans"):
        assert [text for text, source in zip(texts, english, strict=True) if str(text) == source] == []


@pytest.mark.parametrize("on", [True, False])
def test_member_data_listed_only_when_enabled(lot, owner, settings, on):
    settings.MEMBERS = on
    for text in (
        page_text(owner, "data"),
        str(inspection_report.collect(lot.operator, [lot], by="a", at=NOON)),
    ):
        assert ("members.Consent" in text, "同意记录" in text) == (on, on)
        assert "membership" not in text


def test_inventory_filters_personal_fields(lot, owner):
    text = page_text(owner, "data")
    for model, entries in inventory.tables().items():
        assert model in text
        assert all(f"<code>{field}</code>" in text for entry in entries for field in entry.fields)
    less = page_text(owner, "data?personal")
    assert "号牌" in less
    assert "lots.DeviceNonce" not in less


# What was forgotten


def test_early_erasure_requires_recorded_reason(lot, owner):
    car_departed(lot, left=now() - timedelta(minutes=5))
    see(make_device(lot, "entry"), "沪B88888", now())
    address = "/console/compliance/erasures/pujiang/now"
    for reason in (" ", "沪A12345 要求"):
        assert owner.post(address, {"why": reason}).status_code == 422
        assert not Erasure.objects.exists()
    assert "停车记录 1 条" in owner.post(address, {"why": "主管部门要求"}, follow=True).content.decode()
    proof = Erasure.objects.get()
    assert (proof.sessions, proof.by, proof.reason) == (1, owner.user, "主管部门要求")
    inside = ParkingSession.objects.filter(plate__isnull=False)
    assert [row.left_at for row in inside] == [None]
    assert "主管部门要求" in page_text(owner, "erasures")
    assert "主管部门要求" in page_text(owner, "audit?kind=forgetting")


def test_erasures_page_shows_next_due_time(lot, owner):
    car_departed(lot, left=now() - timedelta(hours=3))
    due = (now() + timedelta(hours=21)).astimezone(lot.tz)
    assert f"{due:%m-%d %H:}" in page_text(owner, "erasures")


# Notices


def test_notice_version_stored_only_on_change(lot, owner):
    assert [notice_versions.record_changed(at=NOON) for _ in range(2)] == [1, 0]
    Lot.objects.update(retention_hours=7)
    assert notice_versions.record_changed(at=NOON + timedelta(hours=1)) == 1
    first, second = NoticeVersion.objects.order_by("pk")
    assert "24" in first.text["what"][0]
    assert "7" in second.text["what"][0]
    with pytest.raises(AssertionError):
        first.save()
    old = owner.get(f"/console/compliance/notices/{first.pk}").content.decode()
    assert first.text["what"][0] in old
    assert f"/console/compliance/notices/{second.pk}" in old
    assert first.digest[:16] in page_text(owner, "notices")


# The papers


def test_long_contact_breaks_in_papers(lot, owner):
    name, contact = "甲公司", "privacy.office@vendor.example"
    Recipient.objects.create(lot=lot, kind="city", name=name, contact=contact, since=NOON.date())
    pdf = owner.post(f"/console/compliance/papers/{lot.operator_id}.pdf").content
    assert "privacy.office\n@vendor.example" in PdfReader(BytesIO(pdf)).pages[0].extract_text()


def test_inspection_pdf_is_complete_and_logged(lot, owner, settings):
    settings.DECLARATION_KEY = bytes(range(32))
    car_departed(lot, left=now() - timedelta(hours=30))
    notice_versions.record_changed(at=NOON)
    call_command("forget_plates")
    SelfCheck.objects.create(
        lot=lot, next_check_at=NOON, checked_at=NOON, verdict="not_pure",
        document={"rules": [{"id": "P6", "state": "breached", "findings": []}]},
    )  # fmt: skip
    audit_chain.add_link(at=now())
    pdf = owner.post(f"/console/compliance/papers/{lot.operator_id}.pdf").content
    text = "".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())
    digest = AuditDigest.objects.get().digest
    for part in (
        lot.operator.legal_name,
        lot.name,
        "不纯净",
        "P6",
        "个人信息清单",
        owner.user.username,
        digest,
    ):
        assert "".join(part.split()) in text, part
    kept = NoticeVersion.objects.get()
    assert kept.digest in text
    assert f"适用：{lot.name}" in text
    for part in (kept.text["ground"][0], kept.text["rights"][-1], kept.text["kept"][0][2]):
        assert "".join(part.split()) in text, part
    assert "A12345" not in text
    made = Inspection.objects.get()
    assert (made.by, made.operator) == (owner.user, lot.operator)
    assert made.digest[:32] in page_text(owner, "papers")
    assert "制作检查材料" in page_text(owner, "audit")


@pytest.mark.parametrize("kind", ["papers", "set"])
def test_unprintable_name_is_pointed_out(lot, owner, kind):
    Lot.objects.filter(pk=lot.pk).update(name="浦江广场\U0001f600")
    page = owner.post(f"/console/compliance/{kind}/{lot.operator_id}.pdf", follow=True)
    assert "U+1F600" in page.content.decode()
    assert not Inspection.objects.exists()


def test_identical_notices_share_one_annex(lot, monkeypatch):
    make_lot(slug="east", name="东场", operator=lot.operator)
    make_lot(slug="west", name="西场", operator=lot.operator, retention_hours=48)
    notice_versions.record_changed(at=NOON)
    Lot.objects.filter(slug="west").update(retention_hours=12)
    notice_versions.record_changed(at=NOON + timedelta(hours=1))
    facts = inspection_report.collect(
        lot.operator, list(Lot.objects.all()), by="a", at=NOON + timedelta(hours=2)
    )
    assert sorted(text["lots"].count("、") for text in facts["wordings"]) == [0, 1]
    west = next(text for text in facts["wordings"] if text["lots"] == "西场")
    assert "12 小时" in west["what"][0]
    assert {row["lot"]: row["count"] for row in facts["notices"]} == {lot.name: "1", "东场": "1", "西场": "2"}
    monkeypatch.setattr(inspection_report, "MOST_WORDINGS", 1)
    facts = inspection_report.collect(lot.operator, list(Lot.objects.all()), by="a", at=NOON)
    assert facts["wordings"] == []
    assert papers_pdf(facts, at=NOON).startswith(b"%PDF")


# The audit log


def test_audit_log_is_newest_first(lot, owner):
    colleague = make_person(Role.DUTY, lot=lot)
    act(lot, owner.user)
    PlateAccess.objects.create(
        staff=colleague, lot=None, kind="part", count=3, at=NOON + timedelta(minutes=1)
    )
    grant = Grant.objects.get(user=colleague)
    grants.end(grant, at=NOON + timedelta(minutes=2), by=owner.user)
    text = page_text(owner, "audit")
    order = ["收回权限", "按号牌片段查找", "人工放行"]
    places = [text.index(word, text.index("<tbody>")) for word in order]
    assert places == sorted(places)
    assert "值班经理 →" in text
    assert "¥12.00" in text
    assert "道闸故障" in text


def test_draft_changes_read_as_board_sentences(lot, owner):
    dearer = {**TARIFF, "steps": [{**TARIFF["steps"][0], "price": 600}]}
    for revision, text in enumerate([tariff_drafts.written(TARIFF), tariff_drafts.written(dearer), "{"]):
        tariff_drafts.save(lot=lot, text=text, revision=revision, by=owner.user, at=now())
    broken, changed, first = page_text(owner, "audit?kind=draft").partition("<tbody>")[2].split("</tr>")[:3]
    assert "&quot;format&quot;" in broken  # no valid rule: its lines
    assert "&quot;" not in changed + first
    was, became = changed.split("→</div>")
    assert "¥5" in was
    assert "¥6" in became
    assert "¥5" in first


def test_draft_rows_cost_no_statement_each(lot, owner, django_assert_max_num_queries):
    caps = [[{"cycle": "each", "amount": fen}] for fen in range(1, 21)]
    texts = [tariff_drafts.written({**TARIFF, "caps": cap}) for cap in caps]
    for revision, text in enumerate(texts):
        tariff_drafts.save(lot=lot, text=text, revision=revision, by=owner.user, at=now())
    audit_words._board.cache_clear()
    with django_assert_max_num_queries(20):
        assert page_text(owner, "audit?kind=draft").count("→</div>") == 19
    assert audit_words._board.cache_info().misses == 21  # each text once, and that there was none


def test_setting_change_labels_are_translated(lot, owner):
    change_recorder.change(
        lot,
        change_recorder.Thing.LOT,
        {"retention_hours": 12, "kind": Lot.Kind.HOSPITAL},
        revision=lot.revision,
        by=change_recorder.ChangedBy(owner.user, why="检查后缩短"),
        at=NOON,
    )
    text = page_text(owner, "audit?kind=setting")
    for part in (
        "修改 · 停车场",
        f"号牌保存小时数 {lot.retention_hours}",
        "号牌保存小时数 12",
        "医院",
        "检查后缩短",
    ):
        assert part in text, part
    owner.cookies["console-language"] = "en"
    text = page_text(owner, "audit?kind=setting")
    for part in ("Changed · Lot", "Hospital"):
        assert part in text, part
    assert "retention_hours" not in text


def test_audit_actions_are_translated(lot, owner):
    pressed = ActedBy(uuid4(), owner.user, "道闸故障")
    exit_grace_override.lengthen(lot, minutes=45, by=pressed, at=NOON)
    booth.open_shift(lot, float_fen=0, by=ActedBy(uuid4(), owner.user, "接班"), at=NOON)
    places.add_lane(lot, name="北口", direction="entry", by=change_recorder.ChangedBy(owner.user), at=NOON)
    text = page_text(owner, "audit")
    assert "0 辆，至 11-24 12:45" in text
    assert "until 2026" not in text
    owner.cookies["console-language"] = "en"
    text = page_text(owner, "audit")
    for part in ("0 cars, until 11-24 12:45", "(shift ", "Added · Lane", ">Person<", ">Action<"):
        assert part in text, part


def test_long_setting_change_is_truncated(lot, owner):
    name = "长" * 80
    values = {"name": name, "address": "路" * 120}
    change_recorder.change(
        lot,
        change_recorder.Thing.LOT,
        values,
        revision=lot.revision,
        by=change_recorder.ChangedBy(owner.user),
        at=NOON,
    )
    text = page_text(owner, "audit?kind=setting").partition("<tbody>")[2]
    assert "路…" in text


def test_english_inventory_is_in_words(owner):
    owner.cookies["console-language"] = "en"
    kinds = page_text(owner, "data").partition("<table")[2].partition("</table>")[0]
    assert "retention period" in kinds
    assert "`" not in page_text(owner, "data")
    assert re.findall(r"\b[a-z]+_[a-z_]+\b", re.sub(r"<[^>]*>", "", kinds)) == []


def fields_and_sealed(name):
    source = SOURCES[name]
    fields = {field.attname for field in source.model._meta.concrete_fields} - {"id"}
    return fields - {"press", "session_id", "other_session_id"}, set(source.sealed.split())


def test_tampered_setting_change_is_detected(lot, owner):
    whole, covered = fields_and_sealed("setting")  # but for which press of a form it was
    assert whole == covered
    by = change_recorder.ChangedBy(owner.user, why="检查后缩短")
    change_recorder.change(
        lot, change_recorder.Thing.LOT, {"retention_hours": 12}, revision=lot.revision, by=by, at=NOON
    )
    assert audit_chain.add_link(at=NIGHT).parts["setting"][0] == 1
    rows, kept = SettingChange.objects.all(), SettingChange.objects.get()
    append_only.drop(connection.schema_editor())  # as someone who owns the database could
    for field, value in {"after": {"retention_hours": 13}, "why": "别的", "by": None}.items():
        rows.update(**{field: value})
        assert changed(None) == [("setting",)], field
        rows.update(**{field: getattr(kept, field)})
        assert changed(None) == []
    rows.delete()
    assert changed(None) == [("setting",)]


def test_inserted_staff_act_is_detected(lot, owner):
    whole, covered = fields_and_sealed("act")  # but for the stay: two of them may become one
    assert whole == covered
    act(lot, owner.user)
    assert audit_chain.add_link(at=NIGHT).parts["act"][0] == 1
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        StaffAct.objects.update(reason="别的")
    assert changed(None) == []
    act(lot, owner.user, at=NOON - timedelta(hours=1), number=2)
    assert changed(None) == [("act",)]


def test_every_audit_source_has_labels():
    assert set(SOURCES) == set(audit_words.kinds())
    assert set(audit_words.TITLES) == set(audit_words._DESCRIBE)


NOT_ACTORS = {  # who is meant by a row, or whose own it is
    *("staff.SignIn.user", "staff.StaffIdentity.user", "staff.Grant.user", "staff.Invitation.user"),
    *("payments.Shop_clerks.user", "staff.ReportMailing.staff", "staff.SavedFilter.user"),
    *("staff.BackgroundTask.staff", "lots.LaneCall.by", "lots.LaneCall.answered_by"),
}
AUDITED_BY = {  # another row, made with it
    "lots.TariffDraft.author": "draft",
    "lots.TariffDraft.changed_by": "draft",
    "lots.TariffDraft.closed_by": "tariff",
    "lots.PrintRun.by": "sign",
    "payments.Shift.staff": "act",
    "payments.RefundRequest.asked_by": "act",
    "payments.RefundRequest.decided_by": "act",
    "payments.InvoiceRequest.taken_by": "invoice",
    "lots.ParkingSystemLink.weak_link_accepted_by": "setting",
}


def test_every_staff_reference_is_audited():
    ours = ("lots", "payments", "staff", "compliance", "monitoring", "members")
    named = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if model._meta.app_label in ours and field.related_model is get_user_model()
    }
    assert set(AUDITED_BY.values()) <= set(SOURCES)
    values = {f"{source.model._meta.label}.{source.who}" for source in SOURCES.values()}
    assert named == NOT_ACTORS | set(AUDITED_BY) | (values & named)
    assert not values & (NOT_ACTORS | set(AUDITED_BY))


def test_audit_sources_seal_existing_fields():
    for source in SOURCES.values():
        fields = {field.attname for field in source.model._meta.concrete_fields}
        assert set(source.sealed.split()) <= fields, source.name
    assert not SOURCES["silence"].sealed


def test_audit_log_scopes_silences_invitations_mailings(lot, owner):
    duty = make_person(Role.DUTY, lot=lot)
    other = client_of(make_person(Role.OWNER, operator=make_lot(slug="other").operator))
    watch.silence(kind="backup", hours=8, why="换盘", by=owner.user.pk, at=NOON)
    invitations.invite_back(user=duty, operator=lot.operator, by=owner.user, at=NOON)
    row = sending.begin(
        staff=owner.user, address="a@mall.example", report="income", every="week", form="csv",
        operator=lot.operator, by=owner.user, at=NOON,
    )  # fmt: skip
    sending.end(row, at=NOON, by=owner.user)
    text = page_text(owner, "audit")
    for part in ("告警静默", "换盘", "重设密码", "收入 · 每周一", "停发报表"):
        assert part in text, part
    assert "a@mall.example" not in text
    nothing = page_text(other, "audit").partition("<tbody>")[2]
    for part in ("换盘", "重设密码", "收入 · 每周一"):
        assert part not in nothing, part


def test_audit_log_filters(lot, owner):
    colleague = make_person(Role.DUTY, lot=lot)
    act(lot, owner.user, reason="甲事", number=1)
    act(lot, colleague, reason="乙事", at=NOON + timedelta(days=1), number=2)
    for query, seen in (
        (f"staff={colleague.pk}", {"乙事"}),
        ("kind=act", {"甲事", "乙事"}),
        ("kind=look", set()),
        ("begin=2026-11-25T00:00", {"乙事"}),
        ("end=2026-11-25T00:00", {"甲事"}),
        ("lot=pujiang", {"甲事", "乙事"}),
    ):
        text = page_text(owner, f"audit?{query}")
        assert {word for word in ("甲事", "乙事") if word in text} == seen, query


def test_audit_log_pagination_loses_no_rows(lot, owner):
    for number in range(120):  # sixty of them at one moment
        act(
            lot, owner.user, at=NOON + timedelta(minutes=number // 60), reason=f"事{number:03}", number=number
        )
    for number in range(20):
        SignWording.objects.create(
            lot=lot, city="shanghai", texts={}, at=NOON, by=owner.user, why=f"语{number:03}"
        )
    whole = {f"事{number:03}" for number in range(120)} | {f"语{number:03}" for number in range(20)}
    seen, query, sizes = [], "", []
    for _ in range(9):
        text = page_text(owner, f"audit?{query}").partition("<tbody>")[2]
        here = [word for word in whole if word in text]
        seen, sizes = seen + here, [*sizes, text.count("<tr>")]
        if 'rel="next"' not in text:
            break
        query = text.split('rel="next"')[0].rpartition('href="?')[2].split('"')[0].replace("&amp;", "&")
    assert sorted(seen) == sorted(whole)  # none lost, none twice
    assert max(sizes) <= 50
    for place in ("rubbish", "9999-12-31T23:59:59-14:00,act,1", "0001-01-01T00:00:00%2B14:00,act,1"):
        assert page_text(owner, f"audit?after={place}").count("<tr>") == 51  # with the head


def test_audit_log_hides_plates_and_formulas(lot, owner):
    act(lot, owner.user, reason="沪A·12345 打不开", number=1)
    act(lot, owner.user, reason="=HYPERLINK(1)", number=2)
    for text in (
        page_text(owner, "audit"),
        owner.get("/console/compliance/audit.csv").content.decode("utf-8-sig"),
    ):
        assert "12345" not in text
        assert "不显示" in text
    assert ",=HYPERLINK" not in text
    assert "'=HYPERLINK" in text


# Its chain


NIGHT = NOON + timedelta(hours=14)  # 02:00 of the next day in Shanghai


@pytest.fixture
def sealed(lot, owner):
    act(lot, owner.user, number=1)
    assert audit_chain.add_link(at=NIGHT) is not None
    act(lot, owner.user, at=NIGHT, number=2)
    assert audit_chain.add_link(at=NIGHT + timedelta(days=1)) is not None
    return AuditDigest.objects.order_by("until")


def test_each_night_is_sealed_once(sealed):
    assert audit_chain.add_link(at=NIGHT + timedelta(days=1, minutes=5)) is None
    first, second = sealed
    assert (first.since, second.since, second.follows) == (None, first.until, first.digest)
    assert [link.parts["act"][0] for link in sealed] == [1, 1]
    assert list(audit_chain.verify()) == []


def test_missed_days_are_sealed_separately(sealed):
    back = NIGHT + timedelta(days=5)
    links = [audit_chain.add_link(at=back + timedelta(minutes=number)) for number in range(5)]
    assert links[-1] is None
    first, *rest = links[:-1]
    assert [link.until - link.since for link in (first, *rest)] == [timedelta(days=1)] * 4
    assert [link.parts["act"][0] for link in links[:-1]] == [0, 0, 0, 0]
    assert len({link.digest for link in links[:-1]}) == 4
    assert list(audit_chain.verify()) == []


def test_concurrent_sealing_adds_one_link(lot, owner, monkeypatch):
    audit_chain.add_link(at=NIGHT)
    parts, later = audit_chain.parts_of, NIGHT + timedelta(days=1)

    def slow(since, until):
        monkeypatch.setattr(audit_chain, "parts_of", parts)
        assert audit_chain.add_link(at=later + timedelta(days=300)) is not None  # its clock is far ahead
        return parts(since, until)

    monkeypatch.setattr(audit_chain, "parts_of", slow)
    assert audit_chain.add_link(at=later) is None
    assert AuditDigest.objects.count() == 2
    assert list(audit_chain.verify()) == []


def test_clock_ahead_does_not_hide_tampering(sealed, lot, owner):
    ahead = audit_chain.add_link(at=NIGHT + timedelta(days=900))
    assert ahead.until == sealed[1].until + timedelta(days=1)
    act(lot, owner.user, at=ahead.until - timedelta(hours=1), number=3)
    assert audit_chain.add_link(at=ahead.until) is None  # its own clock: the day is not over twice
    assert changed(sealed) == [("act",)]


def test_sealing_waits_an_hour_after_midnight(lot, owner):
    link = audit_chain.add_link(at=NOON + timedelta(hours=12, minutes=30))  # half past midnight
    assert link.until == NOON - timedelta(hours=12)


def changed(sealed):
    return [fault.names for fault in audit_chain.verify()]


def test_inserted_or_deleted_row_is_detected(sealed, lot, owner):
    look = PlateAccess.objects.create(staff=owner.user, lot=lot, kind="whole", count=1, at=NOON)
    assert changed(sealed) == [("look",)]
    look.delete()
    assert changed(sealed) == []
    Grant.objects.filter(user=owner.user).update(given_by=owner.user)
    assert changed(sealed) == [("grant",)]


def test_altered_or_deleted_link_is_detected(sealed):
    first, second = sealed
    AuditDigest.objects.filter(pk=second.pk).update(at=NOON, digest="0" * 64)
    assert changed(sealed) == [()]
    first.delete()
    assert changed(sealed) == [()]


def test_verify_audit_reports_changes_and_digests(sealed, lot, owner, capsys):
    digest = sealed.last().digest
    call_command("verify_audit", "--expect", digest[:12])
    assert digest in capsys.readouterr().out
    for words in ([], ["--expect", "f" * 64]):
        if not words:
            PlateAccess.objects.create(staff=owner.user, lot=lot, kind="whole", count=1, at=NOON)
        with pytest.raises(SystemExit) as left:
            call_command("verify_audit", *words)
        assert left.value.code == 1
    output = capsys.readouterr().out
    assert "up to 2026-11-25 00:00: changed: look" in output
    assert "not in the chain" in output
