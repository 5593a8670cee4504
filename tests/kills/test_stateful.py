"""Whatever drivers, a channel and deaths do, in any order: the books are right after each step, and rest
brings every fen to where it belongs.
"""

from collections import Counter

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from tests.effort import cases
from tests.kills.books import Sight, are_right
from tests.kills.conftest import Driver, Process, World
from tests.kills.killed_processes import POINTS
from tests.kills.test_crashes import agree
from tests.waiting import wait_for

MAX_CARS = 4
FAULTS = {
    "the money comes when the order is closed": ["paid_after_close", "notice_reordered"],
    "a notice is forged": ["notice_forged"],
    "a notice comes before the answer": ["notice_early"],
    "a refund fails": ["refund_failed"],
}
picks = st.integers(0, MAX_CARS - 1)  # counted from the newest


def crash_points(*points: str) -> st.SearchStrategy[str]:
    """Draw where to die: on the way into one of these points or out of it."""
    unknown = set(points) - set(POINTS)
    assert not unknown, unknown  # no process would be killed there
    return st.sampled_from([f"{edge} {point}" for edge in ("before", "after") for point in points])


def possibly(crashes: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | crashes


WECHAT = "payments.providers.wechat.wechat_provider.WechatProvider."
CHECKOUT, ORDERS = "payments.checkout.", "payments.channel_orders."
LEDGER = "payments.ledger."
first_crashes = crash_points(WECHAT + "start", CHECKOUT + "_hand_over")  # the first payment meets each
start_crashes = possibly(first_crashes | crash_points(WECHAT + "close", ORDERS + "close_attempt"))
notice_crashes = possibly(
    crash_points("driver.channel_notices._settle_all", "driver.hot_notice.answer_to", LEDGER + "entries_of")
)
query_crashes = possibly(crash_points(WECHAT + "query", ORDERS + "query", LEDGER + "entries_of"))
worker_crashes = possibly(
    crash_points(
        *(WECHAT + each for each in ("query", "close", "refund", "query_refund")),
        *(ORDERS + each for each in ("query", "close_attempt")),
        *("payments.refunds.carry_out", "payments.refunds.settle_refund"),
        *(LEDGER + each for each in ("entries_of", "book_refund")),
    )
)


class CrashMachine(RuleBasedStateMachine):
    """Drivers at a mall whose processes die; `world` is set by the test."""

    world: World
    deaths: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.drivers: list[Driver] = []
        self.cashiers: dict[int, str] = {}
        self.standing: Driver | None = None
        self.fixed: dict[int, tuple[object, ...]] = {}

    def teardown(self) -> None:
        self.settle_all()

    # drivers

    @initialize(server=first_crashes, worker=worker_crashes)
    def first_car_arrives(self, server, worker):
        self.schedule_worker_crash(worker)
        self.come(0, server)

    @precondition(lambda self: len(self.drivers) < MAX_CARS)
    @rule(sign=st.integers(0, 1), crash=start_crashes)
    def come(self, sign, crash):
        self.drivers.append(self.world.driver())
        self.press_pay(0, sign, crash)

    @rule(pick=picks, sign=st.integers(0, 1), crash=start_crashes)
    def press_pay(self, pick, sign, crash):
        driver = self.one(pick)
        self.schedule_crash(self.world.web, crash)
        if cashier := driver.press_pay(sign):
            self.cashiers[driver.number] = cashier

    @rule(
        pick=picks,
        how=st.sampled_from(["pays", "pays", "loses_notice", "repeats_notice", "pays_late"]),
        crash=notice_crashes,
    )
    def pay(self, pick, how, crash):
        driver = self.one(pick)
        self.schedule_crash(self.world.web, crash)
        driver.pay(self.cashiers.get(driver.number, ""), how)

    @rule(pick=picks, crash=query_crashes)
    def look(self, pick, crash):
        driver = self.one(pick)
        self.schedule_crash(self.world.web, crash)
        if driver.payments():
            driver.look()

    @precondition(lambda self: self.standing is None)
    @rule(pick=picks)
    def drive_to_the_exit(self, pick):
        """Not more than one car stands there, so that none has gone when it has paid."""
        self.standing = self.one(pick)
        self.help("stand", str(self.standing.number))

    # staff and channel

    @rule(pick=picks, fen=st.sampled_from([1, 300, 1000]))
    def give_back(self, pick, fen):
        paid = [each["number"] for each in self.one(pick).payments() if each["state"] == "paid"]
        if paid:
            self.help("give_back", paid[-1], str(fen))

    @rule(fault=st.sampled_from(sorted(FAULTS)))
    def inject_fault(self, fault):
        for name in FAULTS[fault]:
            self.world.sandbox.fault(name)

    # deaths

    @rule(crash=worker_crashes)
    def schedule_worker_crash(self, crash):
        self.schedule_crash(self.world.work, crash)

    def schedule_crash(self, process: Process, point: str) -> None:
        if point:
            process.kill_at(point)

    @rule(server=st.booleans())
    def kill_process(self, server):
        process = self.world.web if server else self.world.work
        process.kill()
        self.restart(process)

    @rule()
    def hold_worker(self):
        (self.world.work.nursery.folder / "hold").touch()

    @rule()
    def resume_worker(self):
        self.world.work.go_on()

    def one(self, pick: int) -> Driver:
        return self.drivers[-1 - pick % len(self.drivers)]

    def help(self, role: str, *arguments: str) -> None:
        """Do this in a process of its own and see it end."""
        process = Process(role, self.world.web.nursery)
        process.start(*arguments)
        ended = wait_for(process.ended_by, f"{role} ends")
        assert ended == "0", process.nursery.log()

    def restart_crashed(self) -> None:
        for process in (self.world.web, self.world.work):
            if process.ended_by():
                self.restart(process)

    def restart(self, process: Process) -> None:
        """Start it again, as the service manager would."""
        self.world.recover(process)
        self.deaths[process.role] += 1

    # what is always true

    @invariant()
    def check_books(self):
        self.restart_crashed()
        seen = Sight.of(self.world)
        self.check_payment_identity(seen)
        are_right(seen)

    def check_payment_identity(self, seen: Sight) -> None:
        """Invariant 1."""
        for each in seen.payments:
            now = tuple(each[name] for name in ("amount_fen", "provider", "merchant", "app", "number"))
            assert self.fixed.setdefault(each["id"], now) == now

    def settle_all(self) -> None:
        """Nothing goes wrong any more, but for the deaths that are ordered."""
        self.world.sandbox.clear()
        self.world.work.go_on()
        wait_for(self.is_all_money_recorded, "all money is seen", self.world.work.nursery.log, seconds=180)
        for process in (self.world.web, self.world.work):
            process.spare()
        self.check_books()
        agree(self.world, *self.drivers)
        log = (self.world.web.nursery.folder / "log").read_text(encoding="utf-8")
        assert not [driver for driver in self.drivers if driver.plate[1:] in log]

    def is_all_money_recorded(self) -> bool:
        self.restart_crashed()
        return all(
            driver.is_quiet()
            and {each["number"] for each in driver.payments() if each["state"] == "paid"}
            == driver.paid_there()
            for driver in self.drivers
        )


def test_books_stay_consistent_through_crashes(world: World) -> None:
    CrashMachine.world, CrashMachine.deaths = world, Counter()
    walks = settings(
        max_examples=cases(2),
        stateful_step_count=15,
        database=None,
        phases=[Phase.generate],  # a walk of real processes is never quite the same again
        suppress_health_check=list(HealthCheck),
    )
    run(CrashMachine, settings=walks)
    assert CrashMachine.deaths["web"] >= walks.max_examples  # each walk begins with one
