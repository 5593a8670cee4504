"""Cut-over: cars inside from another system's table, and what those from before the first tariff pay."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from core.spreadsheet_times import read_time
from core.vault import unseal_plate
from lots import session_facts, tariffs
from lots.cut_over import CutOverFault, EarlyPrice, choose_early_price, early_version, import_inside
from lots.models import ParkingSession, SettingChange
from lots.plates import parse
from lots.pricing import NoTariff, price_session
from lots.sessions import find_open
from tests.factories import NOON, make_device, make_lot, see

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
START = NOON - 2 * HOUR  # the first tariff's; 10:00 in Shanghai
TITLES = "号牌,入场时间"
EARLY, LATER = "沪A12345,2026-11-24 08:00", "沪B22222,2026-11-24 10:30:00"


@pytest.fixture
def lot():
    made = make_lot()
    made.tariffs.update(valid_from=START)
    return made


def take(lot, *lines, titles=TITLES, dry_run=False, at=NOON, encoding="utf-8"):
    return import_inside(lot, "\n".join([titles, *lines]).encode(encoding), dry_run=dry_run, at=at)


def due(lot, plate, at=NOON):
    session = find_open(lot.pk, parse(plate))
    facts = session_facts.of_plate(lot, parse(plate), at=at)
    price = facts.price(until=at).fen
    assert price == price_session(session, until=at)[0].fen  # both ways to the price agree
    return price


@pytest.mark.parametrize(
    ("choice", "fen", "expected", "an_hour_later"),
    [
        (EarlyPrice.FREE, 0, 0, 0),
        (EarlyPrice.FLAT, 800, 800, 800),
        (EarlyPrice.TARIFF, 0, 1000, 1500),  # two hours since the tariff began, not four
    ],
)
def test_early_car_pays_what_was_chosen(lot, choice, fen, expected, an_hour_later):
    choose_early_price(lot, choice, fen=fen, at=NOON)
    done = take(lot, EARLY, LATER)
    assert (done.imported, done.early, done.faults) == (2, 1, [])
    assert due(lot, "沪A12345") == expected
    assert due(lot, "沪A12345", NOON + HOUR) == an_hour_later
    assert due(lot, "沪B22222") == 1000  # 1.5 hours by the tariff


def test_early_car_leaves_by_its_price(lot):
    choose_early_price(lot, EarlyPrice.FREE, at=NOON)
    take(lot, EARLY)
    assert see(make_device(lot, "exit"), "沪A12345", NOON).command is not None


def test_early_cars_wait_for_a_choice(lot):
    with pytest.raises(CutOverFault, match=r".+"):
        take(lot, EARLY)
    assert not ParkingSession.objects.exists()
    take(lot, LATER)
    assert ParkingSession.objects.count() == 1


def test_early_price_stands_once_chosen(lot):
    first = choose_early_price(lot, EarlyPrice.FLAT, fen=500, at=NOON)
    assert choose_early_price(lot, EarlyPrice.FLAT, fen=500, at=NOON) == first
    for choice, fen in ((EarlyPrice.FREE, 0), (EarlyPrice.FLAT, 600)):
        with pytest.raises(CutOverFault):
            choose_early_price(lot, choice, fen=fen, at=NOON)
    assert SettingChange.objects.filter(after__early_price="flat 500").count() == 1


@pytest.mark.parametrize(
    ("choice", "fen"),
    [(EarlyPrice.FLAT, 0), (EarlyPrice.FLAT, -1), (EarlyPrice.FLAT, 10**9), (EarlyPrice.FREE, 100)],
)
def test_early_amount_fits_its_choice(lot, choice, fen):
    with pytest.raises(CutOverFault):
        choose_early_price(lot, choice, fen=fen, at=NOON)
    assert early_version(lot) is None


def test_lot_needs_a_tariff_first():
    lot = make_lot()
    lot.tariffs.all().delete()
    with pytest.raises(CutOverFault):
        choose_early_price(lot, EarlyPrice.FREE, at=NOON)


@pytest.mark.parametrize("choice", EarlyPrice)
def test_early_version_is_a_valid_tariff(lot, choice):
    version = choose_early_price(lot, choice, fen=700 if choice == EarlyPrice.FLAT else 0, at=NOON)
    tariffs.read_new(version.document)


def test_without_choice_nothing_is_guessed(lot):
    ParkingSession.objects.create(lot=lot, plate_kind="small", entered_at=START - HOUR)
    with pytest.raises(NoTariff):
        price_session(ParkingSession.objects.get(), until=NOON)


# the table


def test_rehearsal_writes_nothing_and_shows_prices(lot):
    done = take(lot, LATER, "沪C33333,2026-11-24 11:50", dry_run=True)
    assert (done.imported, [(row, fen) for row, _, fen in done.prices]) == (2, [(2, 1000), (3, 0)])
    assert not ParkingSession.objects.exists()
    assert not SettingChange.objects.exists()


def test_second_import_changes_nothing(lot):
    for imported, known in ((1, 0), (0, 1)):
        done = take(lot, LATER)
        assert (done.imported, done.known) == (imported, known)
    assert SettingChange.objects.filter(after__cars_inside=1).count() == 1


def test_second_import_reopens_no_left_car(lot):
    take(lot, LATER)
    ParkingSession.objects.update(left_at=NOON - HOUR)
    for again, imported in ((LATER, 0), ("沪B22222,2026-11-24 11:30", 1)):
        assert take(lot, again).imported == imported


def test_car_stays_as_a_camera_saw_it(lot):
    see(make_device(lot, "entry"), "沪B22222", NOON - HOUR)
    assert take(lot, LATER).known == 1
    assert ParkingSession.objects.get().entered_at == NOON - HOUR


def test_later_camera_read_keeps_the_import(lot):
    take(lot, LATER)
    see(make_device(lot, "exit"), "沪B22222", NOON)
    session = ParkingSession.objects.get()
    assert session.entered_at == datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
    assert unseal_plate(lot.pk, bytes(session.plate)) == "沪B22222"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_table_is_read_as_spreadsheets_write_it(lot, encoding, delimiter):
    lines = [LATER.replace(",", delimiter), f"沪C33333{delimiter}2026/11/24 11:00"]
    done = take(lot, *lines, titles=TITLES.replace(",", delimiter), encoding=encoding)
    assert (done.imported, done.faults) == (2, [])


@pytest.mark.parametrize(
    "titles", ["序号,入场时间,车牌号码,车型", "x,进场时间, 号牌 ,y", "a,ENTERED,Plate,b"]
)
def test_titles_stand_in_any_order(lot, titles):
    assert take(lot, "1,2026-11-24 10:30,沪B22222,小型车", titles=titles).imported == 1


@pytest.mark.parametrize(
    "line",
    [
        ",2026-11-24 10:30",
        "沪B2222,2026-11-24 10:30",
        "=cmd|' /C calc'!A0,2026-11-24 10:30",
        "沪B22222,",
        "沪B22222",
        "沪B22222,24/11/2026 10:30",
        "沪B22222,2026-11-31 10:30",
        "沪B22222,2026-11-24 25:00",
        "沪B22222,2026-11-24 13:00",  # in the future
        "沪B22222,2024-11-24 10:30",
        "沪B22222,昨天",
        "沪B22222,0001-01-01 00:00",  # no moment in UTC, as also the next one
        "沪B22222,9999-12-31 23:59-12:00",
    ],
)
def test_bad_row_is_named_without_its_plate(lot, line):
    done = take(lot, "沪C33333,2026-11-24 11:00", line)
    ((row, why),) = done.faults
    assert row == 3
    assert "沪" not in why
    assert not ParkingSession.objects.exists()


def test_row_names_all_that_is_wrong(lot):
    [(row, why)] = take(lot, "沪I1,昨天").faults
    assert (row, why) == (2, "号牌不正确；时间请写成 2026-12-31 18:05")


def test_repeated_row_counts_once(lot):
    assert take(lot, LATER, LATER).imported == 1
    ParkingSession.objects.all().delete()
    done = take(lot, LATER, "沪B22222,2026-11-24 11:00", "", LATER)
    ((row, why),) = done.faults
    assert (row, "2" in why) == (3, True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xff\xff\xff\x80",
        b"\xff\xfe\x00",
        "号牌,时间\n沪A12345,2026-11-24 10:30\n".encode(),
        "号牌,入场时间\n".encode(),
        "号牌,车牌,入场时间\n".encode(),
        b'plate,entered\n"a',
        b"plate,entered\n\x00,\n" + b"x" * 2_000_001,
    ],
)
def test_unreadable_file_is_refused(lot, data):
    with pytest.raises(CutOverFault):
        import_inside(lot, data, dry_run=False, at=NOON)


def test_too_many_rows_are_refused(lot):
    with pytest.raises(CutOverFault):
        take(lot, *["沪A12345,2026-11-24 10:30"] * 10_001)


AT = datetime(2026, 11, 24, 8, 5)  # noqa: DTZ001 - as written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24 08:05", AT),
        ("2026/11/24 8:05:00", AT),
        ("2026.11.24 8:05", AT),
        ("2026年11月24日 8时5分", AT),
        ("2026年11月24日 8:05:00.000", AT),
        ("2026-11-24T08:05:00", AT),
        ("20261124080500", AT),
        ("'2026-11-24 08:05", AT),
        ("2026/11/24 上午 8:05", AT),
        ("2026/11/24 8:05 AM", AT),
        ("2026/11/24 下午 8:05:07", AT + timedelta(hours=12, seconds=7)),
        ("2026/11/24 上午 12:05", AT - timedelta(hours=8)),
        ("46350.336805556", AT),  # Excel's number of days
        ("2026-11-24T00:05:00Z", AT.replace(hour=0, tzinfo=UTC)),
        ("24/11/2026 8:05", None),
        ("2026-11-24", None),
        ("2026-11-24 8", None),
        ("2026/11/24 下午 13:05", None),
        ("2026-11-24 08:05 +99:00", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_time_is_read_as_written(text, expected):
    assert read_time(text) == expected


def test_command_rehearses_then_imports(lot, tmp_path):
    lot.tariffs.update(valid_from=now() - HOUR)
    early = (now() - 3 * HOUR).astimezone(lot.tz)
    path = tmp_path / "inside.csv"
    path.write_text(f"plate,entered\n沪A12345,{early:%Y-%m-%d %H:%M}\n", encoding="utf-8")

    def run(*words):
        out = StringIO()
        call_command("cars_inside", "import", lot.slug, str(path), *words, stdout=out)
        return out.getvalue()

    assert "Would import 1" in run("--dry-run")
    with pytest.raises(CommandError):
        run()
    printed = run("--early", "flat", "--amount", "500")
    assert "Imported 1" in printed
    assert "沪" not in printed
    path.write_text("plate,entered\nx,y\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"row 2: "):
        run()
    for words in (("nowhere", str(path)), (lot.slug, str(tmp_path / "none.csv"))):
        with pytest.raises(CommandError):
            call_command("cars_inside", "import", *words)


@pytest.mark.parametrize("early", [None, "free", "tariff"])
def test_amount_goes_with_flat_only(lot, tmp_path, early):
    (tmp_path / "cars.csv").write_text(f"{TITLES}\n{LATER}\n", encoding="utf-8")
    with pytest.raises(CommandError, match="--amount goes with --early flat"):
        call_command("cars_inside", "import", lot.slug, str(tmp_path / "cars.csv"), early=early, amount=500)
    assert not ParkingSession.objects.exists()
