"""Checks pages: starts the browser in a thread of its own and judges what it saw."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from selfcheck.breaches import Context
from selfcheck.browser import SHARED, Options, chromium, visit_page
from selfcheck.hosts import Lists
from selfcheck.phones import EVERY, PHONES
from selfcheck.verdicts import PageOutcome, as_json, conclude
from selfcheck.visit import Visit


@dataclass(frozen=True)
class Checked:
    """One page, tested."""

    outcome: PageOutcome
    visits: list[Visit]

    @property
    def document(self) -> dict[str, Any]:
        return as_json(self.outcome, self.visits)


@dataclass(frozen=True)
class Page:
    """One page to test, and what the sign calls its code: pure, member, or nothing."""

    url: str
    labelled: str = "pure"
    phones: tuple[str, ...] = EVERY
    options: Options = field(default_factory=Options)


def check(
    pages: Sequence[Page],
    *,
    lists: Lists,
    parallel: int = 2,
    done: Callable[[Page, Checked], None] | None = None,
) -> list[Checked]:
    """Test pages, `parallel` at a time in one browser, and return what came out in their order.

    `done` is called for each page as soon as it is finished.
    """
    return in_thread(lambda: _check(pages, lists, parallel, done))


def in_thread[T](make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in the workshop, or in a thread of its own: the caller may have a loop itself."""
    if _LOOP:
        return _result(make(), _LOOP[0])
    with _loop() as loop:
        return _result(make(), loop)


def _result[T](work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    """Return what work in another thread returns; where this one is interrupted, that work ends too."""
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result()
    except KeyboardInterrupt:
        future.cancel()
        raise


_LOOP: list[asyncio.AbstractEventLoop] = []
END_SECONDS = 15.0  # that work which was cancelled may take to close what it opened


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Turn a loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=_turn, args=[loop], daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(_end_all(), loop).result(END_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(END_SECONDS)


async def _end_all() -> None:
    """Cancel what still runs, and wait until it has ended."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def workshop() -> Iterator[None]:
    """Keep one browser for all that is checked and printed within: starting one takes seconds."""
    if SHARED:
        yield
        return
    with _loop() as loop:
        opened = chromium()
        browser = _result(opened.__aenter__(), loop)
        _LOOP.append(loop)
        SHARED.append(browser)
        try:
            yield
        finally:
            _LOOP.clear()
            SHARED.clear()
            with suppress(Exception):  # the browser may be gone already
                asyncio.run_coroutine_threadsafe(opened.__aexit__(None, None, None), loop).result(END_SECONDS)


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    """Turn a loop from its start to its end in one thread: another one may have a loop of its own."""
    loop.run_forever()
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


async def _check(
    pages: Sequence[Page], lists: Lists, parallel: int, done: Callable[[Page, Checked], None] | None
) -> list[Checked]:
    results: dict[int, Checked] = {}
    queue = iter(enumerate(pages))
    async with chromium() as browser:

        async def work() -> None:
            for place, page in queue:
                visits = await visit_page(
                    browser, page.url, [PHONES[name] for name in page.phones], page.options
                )
                results[place] = judged(page, visits, lists)
                if done:
                    done(page, results[place])

        await asyncio.gather(*(work() for _ in range(max(1, min(parallel, len(pages))))))
    return [results[place] for place in range(len(pages))]


def judged(page: Page, visits: list[Visit], lists: Lists) -> Checked:
    return Checked(conclude(page.url, visits, Context(lists, page.labelled)), visits)
