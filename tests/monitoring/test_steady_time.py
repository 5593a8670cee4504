"""What cannot be undone does not follow a clock that jumps."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.utils.timezone import now

from core.jobs import JOBS, load
from devices.request_signing import Claim, expiry, is_timely
from lots.models import DeviceNonce, ParkingSession
from monitoring import monitoring_jobs, steady_time
from monitoring.models import SteadyTime
from payments import channel_clock
from payments.providers.contract import ProviderRefused
from tests.factories import see

DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(seconds=10)

BOOTED = now() - DAY

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]


class Host:
    """A server whose clock can be set, with a worker that ticks."""

    def __init__(self, monkeypatch):
        self.real, self.ahead, self._monkeypatch = now(), timedelta(0), monkeypatch
        monkeypatch.setattr(steady_time.time, "monotonic", lambda: (self.real - BOOTED).total_seconds())
        monkeypatch.setattr(steady_time, "_seen", None)
        monkeypatch.setattr(monitoring_jobs, "now", lambda: self.clock)

    @property
    def clock(self):
        return self.real + self.ahead

    def run(self, duration, *, every=TICK):
        end = self.real + duration
        while self.real < end:
            self.real += every
            steady_time.tick(self.clock)

    def restart(self):
        self._monkeypatch.setattr(steady_time, "_seen", None)

    def lag(self):
        return self.clock - steady_time.steady(self.clock)


@pytest.fixture
def host(monkeypatch):
    host = Host(monkeypatch)
    host.run(HOUR, every=timedelta(minutes=1))
    return host


def test_steady_time_follows_an_honest_clock(host):
    assert host.lag() <= TICK


@pytest.mark.parametrize("was_stored", [True, False])
def test_clock_that_was_not_set_is_no_time(host, was_stored):
    """The first worker of all started in 1970: nothing may wait for decades, such as the end of a plate."""
    SteadyTime.objects.all().delete()
    if was_stored:
        SteadyTime.objects.create(at=datetime(1970, 1, 1, tzinfo=UTC))
    host.ahead = datetime(1970, 1, 2, tzinfo=UTC) - host.real
    host.run(HOUR, every=timedelta(minutes=1))
    assert not SteadyTime.objects.filter(at__gt=datetime(1970, 1, 1, tzinfo=UTC)).exists()
    host.ahead = timedelta(0)
    host.run(timedelta(minutes=1))
    assert host.lag() <= TICK


def test_nothing_stored_is_the_clock(host):
    SteadyTime.objects.all().delete()
    assert host.lag() == timedelta(0)


@pytest.mark.parametrize("restarts", [False, True])
def test_fast_clock_is_not_followed(host, restarts):
    begun = host.real
    host.ahead = DAY
    if restarts:
        host.restart()
    host.run(HOUR, every=timedelta(minutes=1))
    assert steady_time.steady(host.clock) - begun <= 2 * HOUR + timedelta(minutes=1)
    host.ahead = timedelta(0)
    host.run(TICK)
    assert host.lag() <= TICK


def test_slow_clock_makes_nothing_early(host):
    host.ahead = -365 * DAY
    host.run(HOUR, every=timedelta(minutes=1))
    assert steady_time.steady(host.clock) == host.clock
    host.ahead = timedelta(0)
    host.run(2 * HOUR, every=timedelta(minutes=1))
    assert host.lag() <= TICK


@pytest.mark.parametrize("ahead", [timedelta(0), DAY])
def test_absence_is_counted_by_the_server(host, ahead):
    """The workers were away, the server was not: erasure goes on where it must, and no further."""
    host.real += 3 * HOUR
    host.restart()
    host.ahead = -DAY
    host.run(TICK)
    host.ahead = ahead
    host.run(TICK)
    assert abs(host.lag() - ahead) <= 2 * TICK


@pytest.mark.parametrize("known", [True, False])
def test_absent_server_is_caught_up_with(host, monkeypatch, known):
    host.real += DAY
    host.restart()
    monkeypatch.setattr(steady_time, "boot", lambda: "another start" * known)
    host.run(TICK)
    assert host.lag() > DAY - HOUR
    host.run(DAY + HOUR, every=timedelta(minutes=5))
    assert host.lag() <= timedelta(minutes=10)


def test_second_worker_makes_it_no_faster(host, monkeypatch):
    host.ahead, begun = DAY, host.real
    memories = [None, None]
    for turn in range(720):
        host.real += timedelta(seconds=5)
        monkeypatch.setattr(steady_time, "_seen", memories[turn % 2])
        steady_time.tick(host.clock)
        memories[turn % 2] = steady_time._seen
    assert steady_time.steady(host.clock) - begun <= 2 * HOUR + timedelta(minutes=1)


class Channel:
    """A payment channel that answers with its own time, or not at all."""

    answered = 0
    clock_skew = None

    def __init__(self, skew, *, answers=True):
        self._skew, self._answers = skew, answers

    def troubles(self):
        return {}

    def ends(self):
        return {}

    def query(self, _number):
        if self._answers:
            self.answered += 1
            self.clock_skew = self._skew
        raise ProviderRefused("not_found")


@pytest.mark.parametrize(
    ("skew", "answers", "is_set"),
    [(timedelta(0), True, True), (-DAY, True, False), (timedelta(0), False, False)],
)
def test_channel_decides_which_is_right(host, monkeypatch, skew, answers, is_set):
    channel = Channel(skew, answers=answers)
    monkeypatch.setattr(channel_clock, "Observed", Channel)
    monkeypatch.setattr(channel_clock, "providers", lambda: {("one", "m"): channel})
    monkeypatch.setattr(channel_clock, "time", SimpleNamespace(monotonic=lambda: 0.0))
    host.ahead = DAY
    assert monitoring_jobs.confirm_clock(host.clock) == is_set
    assert (host.lag() == timedelta(0)) == is_set


def test_clock_set_right_during_the_question(host, monkeypatch):
    """The channel confirms the clock as it is now, and not as it was when the job began."""
    host.ahead = DAY

    def is_confirmed():
        host.ahead = timedelta(0)
        return True

    monkeypatch.setattr(channel_clock, "is_confirmed", is_confirmed)
    monitoring_jobs.confirm_clock(host.clock)
    assert steady_time.steady(host.real + DAY) == host.real


def test_channel_is_not_asked_without_need(host, monkeypatch):
    monkeypatch.setattr(channel_clock, "is_confirmed", lambda: pytest.fail("asked"))
    assert monitoring_jobs.confirm_clock(host.clock) == 0


def test_plate_outlives_a_fast_clock(host, entry):
    see(entry, "沪A12345", host.real - 2 * HOUR)
    ParkingSession.objects.update(left_at=host.real - HOUR)
    erase = load()["compliance.compliance_jobs.erase_plates"]
    host.ahead = 3 * DAY
    host.run(HOUR, every=timedelta(minutes=1))
    erase.at_its_time(host.clock)
    assert ParkingSession.objects.exclude(plate=None).exists()
    host.ahead = timedelta(0)
    host.run(3 * DAY, every=HOUR)
    erase.at_its_time(host.clock)
    assert not ParkingSession.objects.exclude(plate=None).exists()


@pytest.mark.parametrize(
    ("ahead", "lasts"), [(HOUR, HOUR / 4), (HOUR, HOUR), (HOUR, 4 * HOUR), (DAY, HOUR), (DAY, DAY - HOUR)]
)
def test_nonces_outlive_a_fast_clock(host, entry, ahead, lasts):
    """No request is accepted a second time when the clock is set right, whichever clock it was signed by."""
    drop, claims = load()["lots.lot_jobs.drop_nonces"], []

    def pass_time(duration):
        end = host.real + duration
        while host.real < end:
            for stamp in {host.real, host.clock}:
                claim = Claim("k", int(stamp.timestamp()), f"nonce {len(claims)}", "")
                if is_timely(claim, host.clock):
                    DeviceNonce.objects.create(device=entry, nonce=claim.nonce, expires_at=expiry(claim))
                    claims.append(claim)
            host.run(HOUR / 12, every=timedelta(minutes=1))
            drop.at_its_time(host.clock)
            known = set(DeviceNonce.objects.values_list("nonce", flat=True))
            assert {claim.nonce for claim in claims if is_timely(claim, host.clock)} <= known

    pass_time(HOUR / 4)
    host.ahead = ahead
    pass_time(lasts)
    host.ahead = timedelta(0)
    pass_time(ahead + HOUR)
    host.run(2 * DAY, every=HOUR)
    drop.at_its_time(host.clock)
    assert not DeviceNonce.objects.exists()


def test_lasting_acts_are_marked():
    load()
    marked = {name.rsplit(".", 1)[1] for name, job in JOBS.items() if job.lasting}
    assert {"erase_plates", "expire_coupons", "forget_debtors", "reconcile_bills", "open_lots"} <= marked
