"""On PostgreSQL a console page that forgets its filter shows nothing of another operator."""

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.urls import reverse
from django.utils.timezone import now

from config import health_probes
from core import row_security
from core.row_security import OPEN, ROLE, conditions
from lots.models import Lot, Operator, ParkingSession
from monitoring import metrics
from payments.models import Discrepancy, Payment
from staff import access
from staff.models import Role
from tests.console.console_world import ADDRESSES, ONLY_HERE, make_world
from tests.factories import make_lot, make_person, signed_in
from tests.payments.conftest import channel as channel  # a fixture

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]
LISTS = ("stays", "payments", "tasks", "devices", "signs", "permits", "reads")


@pytest.fixture
def world(channel):
    return make_world(channel)


@pytest.fixture
def stranger(world):
    return signed_in(make_person(Role.OWNER, operator=world.strange.operator))


@pytest.fixture
def no_filter(monkeypatch):
    """The planted bug: pages take every row and every lot, whomever they are shown to."""
    monkeypatch.setattr(access.Access, "within", lambda self, rows, *_, **__: rows)
    monkeypatch.setattr(access.Access, "lots", lambda self, *_: Lot.objects.all())
    monkeypatch.setattr(access.Access, "_lot_ids", lambda self, _: [lot.pk for lot in Lot.objects.all()])


def pages(world):
    found = [reverse(f"console:{name}") for name in ("stays", "payments", "today", "tasks")]
    return found + [
        reverse(view, kwargs=ADDRESSES[view](world)) for view in ("console:payment", "console:stay")
    ]


def test_forgotten_filter_shows_nothing_of_others(world, stranger, no_filter):
    own = signed_in(make_person(Role.OWNER, operator=world.lot.operator))
    for page in pages(world):
        assert ONLY_HERE not in stranger.get(page).content.decode(), page
        assert own.get(page).status_code == 200, page
    assert ONLY_HERE in own.get(pages(world)[0]).content.decode()


def test_forgotten_filter_changes_nothing_of_others(world, stranger, no_filter):
    stranger.post(reverse("console:stay", kwargs=ADDRESSES["console:stay"](world)), {"plate": "沪A00000"})
    assert stranger.get(pages(world)[-1]).status_code == 404


def test_site_staff_see_all_operators(world):
    staff = make_person(Role.OWNER, operator=make_lot().operator)
    staff.is_superuser = True
    staff.save()
    assert ONLY_HERE in signed_in(staff).get(reverse("console:stays")).content.decode()


def test_metrics_count_all_operators(world, client, settings, monkeypatch):
    settings.METRICS_TOKEN = "t" * 32
    seen = []
    monkeypatch.setattr(health_probes.measurements, "measure", lambda at: seen.append(who_and_how_many()))
    monkeypatch.setattr(metrics, "render", lambda _: "")
    assert client.get("/metrics", headers={"Authorization": f"Bearer {'t' * 32}"}).status_code == 200
    assert seen == [(ROLE, Lot.objects.count())]


def who_and_how_many():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, count(*) FROM lots_lot")
        return cursor.fetchone()


def test_unknown_money_shows_with_all_operators_only(world):
    with row_security.console():
        row_security.show({world.strange.operator_id})
        assert not Payment.objects.exists()
        row_security.show(None)
        assert Payment.objects.exists()


def test_console_without_operators_sees_no_row(world):
    with row_security.console():
        found = {table: count(table) for table in conditions()}
    assert not any(found.values()), {table for table, rows in found.items() if rows}
    assert count("payments_payment") == 1


def count(table):
    with connection.cursor() as cursor:
        where = " WHERE lot_id IS NOT NULL" if table == Discrepancy._meta.db_table else ""
        where = " WHERE payment_id IS NOT NULL" if table == "payments_billline" else where
        cursor.execute(f"SELECT count(*) FROM {table}{where}")
        return cursor.fetchone()[0]


def test_other_operators_rows_cannot_be_written(world):
    row = Discrepancy(kind="differs", provider="f", merchant="m", number="1", lot=world.lot, seen_at=now())
    with row_security.console():
        row_security.show({world.strange.operator_id})
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            row.save()


def test_errors_stay_those_of_django(world):
    twin = Lot(operator=world.lot.operator, name="x", slug=world.lot.slug)
    with row_security.console():
        row_security.show(None)
        with pytest.raises(IntegrityError), transaction.atomic():
            twin.save()


def test_every_table_of_an_operator_is_forced():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        forced = {name for (name,) in cursor.fetchall()}
        cursor.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE column_name IN ('lot_id', 'operator_id') AND table_schema = 'public'"
        )
        theirs = {name for (name,) in cursor.fetchall()}
    assert forced == set(conditions())
    assert theirs - forced == {"staff_grant", "staff_invitation"}
    assert {"staff.Grant", "staff.Invitation"} <= OPEN


def test_role_cannot_bypass_policies():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = %s", [ROLE]
        )
        assert cursor.fetchone() == (False, False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = %s)",
            [ROLE],
        )
        assert cursor.fetchone() == (0,)


def test_policies_are_made_once(django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        row_security.apply(connection)


class TestWithRealTransactions:
    pytestmark = pytest.mark.django_db(transaction=True)

    def test_role_ends_with_each_statement(self):
        """So that a pool in transaction mode hands nothing to the next request."""
        operator = make_lot().operator_id
        with row_security.console():
            row_security.show({operator})
            assert Operator.objects.count() == 1
            raw = connection.connection.execute(
                "SELECT current_user = session_user, current_setting('purecode.operators', true)"
            )
            assert raw.fetchone() in {(True, ""), (True, None)}

    def test_transaction_keeps_and_ends_the_role(self):
        make_lot()
        own = make_lot().operator_id
        with row_security.console():
            row_security.show({own})
            with transaction.atomic():
                assert Lot.objects.count() == 1
                with pytest.raises(IntegrityError), transaction.atomic():
                    Lot.objects.filter(operator=own).update(slug=None)
                assert Lot.objects.count() == 1
        assert Lot.objects.count() == 2

    def test_console_process_uses_its_role(self):
        """The role that deploy/install makes: it reads the schema, and without a request no row."""
        make_lot()
        ParkingSession.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER ROLE {ROLE} LOGIN PASSWORD 'of-a-test'")
        try:
            at = {**connection.get_connection_params(), "user": ROLE, "password": "of-a-test"}
            at = {name: at[name] for name in ("host", "port", "dbname", "user", "password")}
            with psycopg.connect(**at) as console:
                assert console.execute("SELECT count(*) FROM lots_lot").fetchone() == (0,)
                console.execute("SELECT set_config('purecode.operators', 'all', true)")
                assert console.execute("SELECT count(*) FROM lots_lot").fetchone() == (1,)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    console.execute("ALTER TABLE lots_lot NO FORCE ROW LEVEL SECURITY")
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER ROLE {ROLE} NOLOGIN")
