"""Every check and every test, one line each: what `make test` and continuous integration run.

    python -m tools.check [STEP...]      without names: all of them

A failing step prints its whole output and does not keep the others from running.
"""

import importlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from types import FrameType

from tools import machine, postgres
from tools.packages import Missing

ROOT = machine.ROOT
PATIENCE = 20 * 60  # seconds after which a step hangs rather than works
PYTHON = sys.executable
BIN = Path(PYTHON).parent
WORKERS = str(min((os.cpu_count() or 1) + 1, 4))  # one more than cores: tests wait for processes
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CLOSING = re.compile(r"\d+ (passed|failed|error|skipped|deselected).* in [\d.]+s")


@dataclass(frozen=True)
class Result:
    ok: bool
    output: str = ""
    note: str = ""  # worth a line even when all is well


@dataclass(frozen=True)
class Step:
    """One line of the report."""

    name: str
    act: Callable[[], Result]


@dataclass
class Report:
    """What went well and what did not, told as it happens."""

    failed: list[str] = field(default_factory=list)
    telling: Lock = field(default_factory=Lock)

    def run(self, step: Step) -> bool:
        start = time.monotonic()
        if sys.stdout.isatty():
            print(f"{step.name:<24}...", end="\r", flush=True)
        try:
            result = step.act()
        except (Missing, OSError) as error:
            result = Result(False, str(error))
        with self.telling:
            self._tell(step, result, time.monotonic() - start)
        return result.ok

    def _tell(self, step: Step, result: Result, seconds: float) -> None:
        print(f"{step.name:<24}{'ok' if result.ok else 'FAILED':<8}{seconds:6.1f} s", flush=True)
        if not result.ok:
            self.failed.append(step.name)
        if told := result.note if result.ok else result.output.rstrip():
            print(told, flush=True)


def command(*words: str | Path, env: Mapping[str, str] | None = None) -> Result:
    """Run a command and keep what it says."""
    try:
        done = subprocess.run(
            words,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        said = error.output.decode(errors="replace") if isinstance(error.output, bytes) else error.output
        return Result(False, f"{said or ''}\nStopped after {PATIENCE} s.")
    return Result(done.returncode == 0, done.stdout)


def python(*words: str) -> Callable[[], Result]:
    return lambda: command(PYTHON, *words)


def templates(*words: str) -> Callable[[], Result]:
    def act() -> Result:
        if not any((ROOT / "templates").rglob("*.html")):
            return Result(True)
        return command(PYTHON, "-m", "djlint", "templates", *words)

    return act


def imports() -> Result:
    """Check who imports whom; members/ may be deleted, so its contracts stand there."""
    whole, apart = command(BIN / "lint-imports"), ROOT / "members" / "importlinter.ini"
    if not whole.ok or not apart.exists():
        return whole
    return command(BIN / "lint-imports", "--config", apart)


CHECKS = [
    Step("types", python("-m", "mypy", ".")),
    Step("format", python("-m", "ruff", "format", "--check", ".")),
    Step("lint", python("-m", "ruff", "check", ".")),
    Step("imports", imports),
    Step("template format", templates("--check")),
    Step("template lint", templates("--lint")),
    Step("migrations", python("manage.py", "makemigrations", "--check", "--dry-run")),
    Step("translations", python("-m", "tools.messages", "check")),
    Step("assets", python("-m", "tools.assets", "check")),
]


def tests(database: str, *, without: str, env: Mapping[str, str]) -> Result:
    """Run pytest on one database and repeat its closing line."""
    words = [PYTHON, "-m", "pytest", "-v", "-n", WORKERS, "-m", without]
    result = command(*words, env={**env, "DATABASE_URL": database})
    closing = [line for line in result.output.splitlines() if CLOSING.search(line)]
    return replace(result, note=closing[-1] if closing else "")


def on_sqlite(report: Report) -> None:
    """Run the tests on SQLite, in a real browser too."""
    env: dict[str, str] = {}

    def bring_browser() -> Result:
        machine.bring_chinese_font()
        env["CHROMIUM"] = str(machine.CHROMIUM.bring())
        return Result(True)

    without = "not postgresql"
    if not report.run(Step("Chromium", bring_browser)):
        without += " and not browser"
    database = "sqlite:///var/tests.sqlite3"
    report.run(Step("tests on SQLite", lambda: tests(database, without=without, env=env)))


def on_postgresql(report: Report) -> None:
    """Run the tests on a PostgreSQL of their own; a browser sees no difference, so it stays out."""

    def act() -> Result:
        with postgres.cluster() as server:
            return tests(server.url, without="not browser", env={})

    report.run(Step("tests on PostgreSQL", act))


def prepare_environment() -> None:
    """Give every step the tests' settings, whatever is set outside: no test meets a real database."""
    kept = dict(os.environ)
    os.environ.clear()
    importlib.import_module("tests.environment")
    names = {name for setting in os.environ for name in (setting, f"{setting}_FILE")}
    os.environ.update({name: value for name, value in kept.items() if name not in names})
    os.environ["HOME"] = machine.home()
    (ROOT / "var").mkdir(exist_ok=True)


def stop(_number: int, _frame: FrameType | None) -> None:
    """Let a first Ctrl-C or SIGTERM end the run, and no second one disturb the cleaning up."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(names: Sequence[str]) -> int:
    report, start = Report(), time.monotonic()
    wanted = [step for step in CHECKS if not names or step.name in names]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(report.run, wanted))
    if not names or "sqlite" in names:
        on_sqlite(report)
    if not names or "postgresql" in names:
        on_postgresql(report)
    taken = f"{time.monotonic() - start:.0f} s"
    print(f"FAILED after {taken}: {', '.join(report.failed)}" if report.failed else f"All is well, {taken}.")
    return 1 if report.failed else 0


def main(names: Sequence[str]) -> int:
    prepare_environment()
    for number in STOPPING:
        signal.signal(number, stop)
    try:
        return run(names)
    except KeyboardInterrupt:
        print("Stopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
