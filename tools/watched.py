"""Runs a command until it ends or stalls, and leaves no process of it behind."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

STALL_SECONDS = 180  # without output and without processor time: a slow machine still uses processor time
LOOK_SECONDS = 2.0
IDLE_CPU_SECONDS = 0.1
RUNNING_TEST = "[pytest-xdist running] "  # pytest-xdist names a worker's process after its test


@dataclass
class WatchedCommand:
    """What a running command has printed and used so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    def tree(self) -> list[psutil.Process]:
        try:
            root = psutil.Process(self.process.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def progress(self) -> tuple[int, float]:
        """Return how many lines were printed and how much processor time the tree has used."""
        return len(self.lines), sum(_cpu_seconds(process) for process in self.tree())


def run_watched(
    arguments: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str], stall: float = STALL_SECONDS
) -> tuple[int, str]:
    """Return the exit code and the output of a command; both streams are one.

    A command that prints nothing and computes nothing for `stall` seconds is ended with all its
    children, and the output names the tests that were running. There is no limit on the whole time.
    """
    process = subprocess.Popen(
        [str(argument) for argument in arguments],
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    watch = WatchedCommand(process)
    reader = threading.Thread(target=watch.read, daemon=True)
    reader.start()
    try:
        stalled = _wait(watch, stall)
    except BaseException:
        end_tree(watch.tree())
        raise
    reader.join(LOOK_SECONDS)
    process.stdout.close()  # type: ignore[union-attr]
    status = process.wait()  # 0 also where psutil has taken the status of what it ended
    return (status or 1) if stalled else status, "".join(watch.lines) + stalled


def _wait(watch: WatchedCommand, stall: float) -> str:
    """Return "" when the command has ended, or what was running when it stalled and was ended."""
    lines, cpu = watch.progress()
    since = time.monotonic()
    while watch.process.poll() is None:
        time.sleep(min(LOOK_SECONDS, stall / 4))
        now_lines, now_cpu = watch.progress()
        # Processor time falls when a child ends: that is progress too.
        if now_lines != lines or abs(now_cpu - cpu) > IDLE_CPU_SECONDS:
            lines, cpu, since = now_lines, now_cpu, time.monotonic()
        elif time.monotonic() - since > stall:
            tree = watch.tree()
            running = sorted(filter(None, map(_running_test, tree)))
            end_tree(tree)
            return f"\nStalled: silent and idle for {stall:.0f} s. Running: {', '.join(running)}\n"
    return ""


def end_tree(tree: Sequence[psutil.Process]) -> None:
    """End processes, with SIGTERM and then SIGKILL."""
    for process in tree:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(tree, timeout=5)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _running_test(process: psutil.Process) -> str:
    try:
        title = " ".join(process.cmdline())
    except psutil.Error:
        return ""
    _, found, test = title.partition(RUNNING_TEST)
    return test.strip() if found else ""
