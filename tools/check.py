"""Runs every check and every test, one line each: `make test`, `make check` and continuous integration.

    python -m tools.check [STEP...]      without names: all of them
    python -m tools.check deep           with the tests marked `deep`, and more random cases
    python -m tools.check matrix         only the browser tests marked `deep`, some in Chromium 69
    python -m tools.check quick          the checks, and the tests that need no server

A failed step prints its whole output and does not stop the others.
"""

import importlib
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from types import FrameType

import psutil

from tools import machine, postgres
from tools.packages import Missing
from tools.watched import end_tree, run_watched

ROOT = machine.ROOT
SQLITE = "sqlite:///var/tests.sqlite3"
MIGRATED = "migrated"
PYTHON = sys.executable
BIN = Path(PYTHON).parent
CORES = min(os.cpu_count() or 1, 4)
WHOLE = (
    "quick",
    "sqlite",
    "postgresql",
    "deep",
    "matrix",
)  # names of more than one step, or of a run of tests
NO_DATABASE = ("tests/browser", "tests/lots/tariffs", "tests/selfcheck")  # nothing for PostgreSQL to collect
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PYTEST_SUMMARY = re.compile(r"\d+ (passed|failed|error|skipped|deselected).* in [\d.]+s")


@dataclass(frozen=True)
class StepResult:
    ok: bool
    output: str = ""  # printed if the step failed
    note: str = ""  # printed if the step succeeded


@dataclass(frozen=True)
class CheckStep:
    """One line of the report."""

    name: str
    run: Callable[[], StepResult]


@dataclass(frozen=True)
class Tier:
    """How much of the tests is run: by pytest's markers, and by random cases if the caller does not say."""

    markers: tuple[str, ...]
    effort: str = "1"

    def but_not(self, marker: str) -> str:
        return " and ".join([*self.markers, f"not {marker}"])

    @property
    def env(self) -> dict[str, str]:
        return {"EFFORT": os.environ.get("EFFORT", self.effort)}


EVERY_RUN = Tier(("not deep",))
DEEP = Tier((), effort="4")


@dataclass
class StepReport:
    """Prints the result of each step as it ends and collects the failed ones."""

    failed: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def run(self, step: CheckStep) -> bool:
        start = time.monotonic()
        if sys.stdout.isatty():
            print(f"{step.name:<24}...", end="\r", flush=True)
        try:
            result = step.run()
        except (Missing, OSError) as error:
            result = StepResult(False, str(error))
        with self.lock:
            self._print(step, result, time.monotonic() - start)
        return result.ok

    def _print(self, step: CheckStep, result: StepResult, seconds: float) -> None:
        print(f"{step.name:<24}{'ok' if result.ok else 'FAILED':<8}{seconds:6.1f} s", flush=True)
        if not result.ok:
            self.failed.append(step.name)
        if text := result.note if result.ok else result.output.rstrip():
            print(text, flush=True)


def command(*arguments: str | Path, env: Mapping[str, str] | None = None) -> StepResult:
    """Run a command and capture its output; one that stalls is ended with its children."""
    status, output = run_watched(arguments, cwd=ROOT, env=env or {})
    return StepResult(status == 0, output)


def python(*arguments: str) -> Callable[[], StepResult]:
    return lambda: command(PYTHON, *arguments)


def templates(*arguments: str) -> Callable[[], StepResult]:
    def run() -> StepResult:
        if not any((ROOT / "templates").rglob("*.html")):
            return StepResult(True)
        return command(PYTHON, "-m", "djlint", "templates", *arguments)

    return run


def imports() -> StepResult:
    """Check the import contracts. Those of members/ are in that folder, because it can be deleted."""
    result, members = command(BIN / "lint-imports"), ROOT / "members" / "importlinter.ini"
    if not result.ok or not members.exists():
        return result
    return command(BIN / "lint-imports", "--config", members)


CHECKS = [
    # Compiles all tests once: in a new clone each worker of pytest-xdist would, for half a minute.
    CheckStep("test collection", python("-m", "pytest", "-n0", "--collect-only", "-qqq", "tests")),
    CheckStep("types", python("-m", "mypy", ".")),
    CheckStep("format", python("-m", "ruff", "format", "--check", ".")),
    CheckStep("lint", python("-m", "ruff", "check", ".")),
    CheckStep("imports", imports),
    CheckStep("template format", templates("--check")),
    CheckStep("template lint", templates("--lint")),
    CheckStep("migrations", python("manage.py", "makemigrations", "--check", "--dry-run")),
    CheckStep("translations", python("-m", "tools.messages", "check")),
    CheckStep("assets", python("-m", "tools.assets", "check")),
]


def migrated(database: str) -> StepResult:
    """Migrate a new database, which tests copy: see tests/migrated.py."""
    return command(
        PYTHON, "manage.py", "migrate", "--no-input", "--verbosity", "0", env={"DATABASE_URL": database}
    )


def tests(database: str, *, markers: str, env: Mapping[str, str], path: str) -> StepResult:
    """Run pytest on one database; the note is pytest's summary line."""
    workers = CORES + 2 if database == SQLITE else CORES  # tests wait for processes and browsers
    arguments = [PYTHON, "-m", "pytest", "-v", "-n", str(workers), "--dist", "worksteal", "-m", markers, path]
    if database != SQLITE:
        arguments += [f"--ignore={folder}" for folder in NO_DATABASE]
    result = command(*arguments, env={**env, "DATABASE_URL": database})
    summary = [line for line in result.output.splitlines() if PYTEST_SUMMARY.search(line)]
    return replace(result, note=summary[-1] if summary else "")


def unit_tests() -> StepResult:
    """Run the tests that need no database, no browser, no other process and no server."""
    arguments = [PYTHON, "-m", "pytest", "-v", "-n", str(CORES), "--dist", "worksteal", "--unit"]
    return command(
        *arguments, "-m", "not deep and not browser and not postgresql", env={"DATABASE_URL": SQLITE}
    )


def on_sqlite(report: StepReport, tier: Tier) -> None:
    """Run the tests on SQLite, including those in a real browser."""
    env = tier.env

    def install_browser() -> StepResult:
        machine.install_chinese_font()
        env["CHROMIUM"] = str(machine.CHROMIUM.bring())
        with suppress(Missing):  # then the self-check's tests are those of a machine without OCR
            machine.TESSERACT.bring()
        return StepResult(True)

    markers = tier.but_not("postgresql")
    if not report.run(CheckStep("Chromium", install_browser)):
        markers += " and not browser"
    file = ROOT / "var" / "migrated.sqlite3"
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    if report.run(CheckStep("database of SQLite", lambda: migrated(f"sqlite:///{file}"))):
        env["MIGRATED"] = str(file)
    report.run(CheckStep("tests on SQLite", lambda: tests(SQLITE, markers=markers, env=env, path="tests")))


def browser_matrix() -> StepResult:
    """Run what `make test` tries in part: events on each page, each parking system's answers, all pages."""
    env = {"CHROMIUM": str(machine.CHROMIUM.bring())}
    return tests(SQLITE, markers="deep", env=env, path="tests/browser")


def on_postgresql(report: StepReport, tier: Tier) -> None:
    """Run the tests on a temporary PostgreSQL, without browser tests: a browser sees no difference."""
    markers, env = tier.but_not("browser"), {**tier.env, "MIGRATED": MIGRATED}

    def run() -> StepResult:
        with postgres.cluster() as server:
            made = migrated(postgres.create(server, MIGRATED))
            if not made.ok:
                return made
            return tests(server.url, markers=markers, env=env, path="tests")

    report.run(CheckStep("tests on PostgreSQL", run))


@contextmanager
def side_by_side(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Run steps in threads; an interrupted run starts no more of them and ends their processes."""
    with ThreadPoolExecutor(threads) as pool:
        try:
            yield pool
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            end_tree(psutil.Process().children(recursive=True))
            raise


def on_both(report: StepReport, tier: Tier) -> None:
    """Run the tests on both engines side by side, because much of their time is waiting."""
    with side_by_side(1) as pool:
        beside = pool.submit(on_postgresql, report, tier)
        on_sqlite(report, tier)
        beside.result()


def prepare_environment() -> None:
    """Set the tests' settings for every step, whatever the caller's are, so that no test uses a real
    database."""
    outside = dict(os.environ)
    os.environ.clear()
    importlib.import_module("tests.environment")
    names = {name for setting in os.environ for name in (setting, f"{setting}_FILE")}
    os.environ.update({name: value for name, value in outside.items() if name not in names})
    os.environ["HOME"] = machine.writable_home()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each of hundreds of processes would compile all modules
    (ROOT / "var").mkdir(exist_ok=True)


def stop(_number: int, _frame: FrameType | None) -> None:
    """End the run at the first Ctrl-C or SIGTERM, and ignore later ones so that clean-up completes."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(names: Sequence[str]) -> int:
    report, start = StepReport(), time.monotonic()
    quick = list(names) == ["quick"]
    whole = {(): EVERY_RUN, ("deep",): DEEP}.get(tuple(names))
    selected = [step for step in CHECKS if whole or quick or step.name in names]
    if quick:  # which collect all tests
        selected[0] = CheckStep("unit tests", unit_tests)
    with side_by_side(2) as pool:
        checks = [pool.submit(report.run, step) for step in selected]
        if whole:
            checks[0].result()  # the tests are compiled; what else is checked leaves processor time free
            on_both(report, whole)
        for check in checks:
            check.result()
    if "sqlite" in names:
        on_sqlite(report, EVERY_RUN)
    if "matrix" in names:
        report.run(CheckStep("browser matrix", browser_matrix))
    if "postgresql" in names:
        on_postgresql(report, EVERY_RUN)
    taken = f"{time.monotonic() - start:.0f} s"
    failed = ", ".join(report.failed)
    print(f"FAILED after {taken}: {failed}" if failed else f"All checks passed in {taken}.")
    return 1 if failed else 0


def main(names: Sequence[str]) -> int:
    steps = {*WHOLE, *(step.name for step in CHECKS)}
    if unknown := sorted(set(names) - steps):
        print(f"No step is called {', '.join(unknown)}. Steps: {', '.join(sorted(steps))}")
        return 2
    prepare_environment()
    for number in STOP_SIGNALS:
        signal.signal(number, stop)
    try:
        return run(names)
    except KeyboardInterrupt:
        print("Stopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
