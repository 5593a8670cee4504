"""Long work of the console: a row says what to do, the worker does it, a page follows and has the result.

    PRINT = kind("print", _("Print signs"), "signs.edit", run)

    task = background.begin("print", key=key, by=user, lot=lot, arguments={...}, at=at)

A worker holds a row by moving its time ahead again and again. If it is killed, the row is due again after
`LEASE`, and the work starts from the beginning; so it must be safe to repeat. Who started it must still be
allowed to when the work begins, and when the result is fetched.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import structlog
from django.db import Error, connections, transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import gettext as _

from core import vault
from core.claims import LEASE, claim
from core.database import is_out_of_space
from core.errors import ParkingError
from lots.models import Lot
from staff.access import Access
from staff.models import BackgroundTask

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = BackgroundTask.State
BEAT = LEASE / 3
LONGEST = timedelta(minutes=30)  # no work holds its row for longer
MOST_ATTEMPTS = 3
MOST_OPEN = 5  # tasks of one person
LARGEST = 64 * 1024 * 1024  # bytes of a result
RETENTION = timedelta(days=3)
CHECKED_RETENTION = timedelta(days=1)  # of a table that was checked and not imported

log = structlog.get_logger("work")
audit = structlog.get_logger("audit")


class TooManyOpen(ParkingError):
    """This person has `MOST_OPEN` tasks that have not ended."""

    code = "too_many_background_tasks"


class WorkRefused(ParkingError):
    """The work cannot be done as asked; `faults` are messages for the user."""

    code = "background_refused"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__()
        self.faults = list(faults)


class Lost(ParkingError):
    """The task was cancelled, or another worker has it."""

    code = "background_lost"


@dataclass(frozen=True)
class WorkOutcome:
    """What came of it: figures for the page, and a file if there is one.

    A file without a name is a table that was only checked, for `begin_checked`; nobody downloads it.
    """

    shown: dict[str, Any] = field(default_factory=dict)
    file: bytes | str = b""
    file_name: str = ""


@dataclass
class Running:
    """A task that a worker has. `progress` says how far it is, and raises `Lost` if it is to stop."""

    task: BackgroundTask
    access: Access
    at: datetime

    @property
    def arguments(self) -> dict[str, Any]:
        return dict(self.task.arguments)

    @property
    def lot(self) -> Lot:
        assert self.task.lot is not None
        return self.task.lot

    def upload(self) -> bytes:
        assert self.task.upload is not None
        return vault.unseal_bytes(self.task.upload, context_of(self.task))

    def progress(self, done: int, of: int) -> None:
        if not _mine(self.task).update(steps_done=done, steps=of):
            raise Lost


@dataclass(frozen=True)
class WorkKind:
    """One sort of work. With `is_atomic` it and the record that it is done are one transaction."""

    name: str
    label: Promise
    action: str  # the permission it needs, in its lot
    run: Callable[[Running], WorkOutcome]
    lane: str
    is_atomic: bool
    template: str


KINDS: dict[str, WorkKind] = {}
LANE = "background"
CHECKS = "background checks"  # each of them waits for a browser, for minutes


def kind(
    name: str,
    label: Promise,
    action: str,
    run: Callable[[Running], WorkOutcome],
    *,
    lane: str = LANE,
    is_atomic: bool = False,
    template: str = "",
) -> WorkKind:
    """Register a sort of work. One that waits for others has a lane of its own."""
    KINDS[name] = WorkKind(name, label, action, run, lane, is_atomic, template)
    return KINDS[name]


def context_of(task: BackgroundTask) -> str:
    return f"background {task.key}"


def begin(
    name: str,
    *,
    key: UUID,
    by: "User",
    at: datetime,
    lot: Lot | None = None,
    arguments: dict[str, Any] | None = None,
    upload: bytes | None = None,
) -> BackgroundTask:
    """Hand work to the worker; the same key of the same person again is the same task.

    Raises `TooManyOpen`.
    """
    own = own_key(key, by=by, name=name)
    if (known := BackgroundTask.objects.filter(key=own).first()) is not None:
        return known
    if BackgroundTask.objects.filter(staff=by, ended_at=None).count() >= MOST_OPEN:
        raise TooManyOpen
    task, _made = BackgroundTask.objects.get_or_create(
        key=own,
        defaults={
            "kind": name,
            "lot": lot,
            "staff": by,
            "language": translation.get_language() or "",
            "arguments": arguments or {},
            "upload": None if upload is None else vault.seal_bytes(upload, f"background {own}"),
            "created_at": at,
            "next_check_at": at,
        },
    )
    audit.info("background_begun", staff=by.pk, kind=name, lot=lot and lot.pk)
    return task


def own_key(key: UUID, *, by: "User", name: str) -> UUID:
    """Return the key that a page's key means for this person, so that nobody gets another person's task."""
    return uuid5(key, f"{by.pk} {name}")


@transaction.atomic
def begin_checked(checked: BackgroundTask, *, at: datetime) -> BackgroundTask | None:
    """Begin the work that a task only checked, with its table; a second press is the same task.

    Return None if that table is erased. Raises `TooManyOpen`.
    """
    key, by = uuid5(checked.key, "checked"), checked.staff
    table = file_of(checked)
    begun = BackgroundTask.objects.filter(key=own_key(key, by=by, name=checked.kind))
    if table is None:
        return begun.first()
    task = begin(checked.kind, key=key, by=by, at=at, lot=checked.lot, upload=table)
    BackgroundTask.objects.filter(pk=checked.pk).update(file=None)
    return task


def cancel(task: BackgroundTask, *, at: datetime) -> bool:
    """Stop a task; False if it has ended. Work that is under way stops at its next step."""
    return _end(task, State.CANCELLED, at=at)


def file_of(task: BackgroundTask) -> bytes | None:
    """Return the result's file; None if there is none, or if its key is gone."""
    if task.file is None:
        return None
    try:
        return vault.unseal_bytes(task.file, context_of(task))
    except vault.Unreadable:
        return None


def run_due(lane: str, *, at: datetime) -> int:
    """Do the work that is due in a lane, one task after the other; return how many."""
    done = 0
    names = [each.name for each in KINDS.values() if each.lane == lane]
    while (
        task := claim(BackgroundTask.objects.filter(kind__in=names), at if not done else now())
    ) is not None:
        _work(task, at=now())
        done += 1
    return done


def delete_old(*, at: datetime) -> int:
    """Delete tasks that ended `RETENTION` ago, with their results; erase tables that were only checked."""
    checked = BackgroundTask.objects.filter(file_name="", file__isnull=False)
    checked.filter(ended_at__lt=at - CHECKED_RETENTION).update(file=None)
    return BackgroundTask.objects.filter(ended_at__lt=at - RETENTION).delete()[0]


def _work(task: BackgroundTask, *, at: datetime) -> None:
    with translation.override(task.language or None):
        if task.attempt >= MOST_ATTEMPTS:
            _end(
                task,
                State.FAILED,
                at=at,
                faults=[_("This was begun three times and did not come to its end.")],
            )
            return
        attempt = task.attempt + 1
        if not task.advance(
            State.RUNNING, at=at, cause="worker", unchanged=("attempt",), attempt=attempt, steps_done=0
        ):
            return
        with _held(task):
            _try(task, at)


def _try(task: BackgroundTask, at: datetime) -> None:
    chosen = KINDS[task.kind]
    person = Access(task.staff, chosen.action)
    lot_id = task.lot_id
    if not task.staff.is_active or not person.may(chosen.action, lot_id):
        _end(task, State.FAILED, at=at, faults=[_("You no longer have the permission for this.")])
        return
    try:
        with transaction.atomic() if chosen.is_atomic else nullcontext():
            outcome = chosen.run(Running(task, person, at))
            _record(task, outcome)
    except Lost:
        log.info("background_stopped", kind=task.kind)
    except WorkRefused as refused:
        _end(task, State.FAILED, at=now(), faults=refused.faults)
    except Error:
        raise  # the database: the row is due again when its lease ends
    except Exception as error:
        log.exception("background_failed", kind=task.kind)
        in_log = _("This failed for a reason that the server's log has.")
        full = _("This server's disk is full. Make room, then try again.")
        _end(task, State.FAILED, at=now(), faults=[full if is_out_of_space(error) else in_log])


def _record(task: BackgroundTask, outcome: WorkOutcome) -> None:
    raw = outcome.file.encode() if isinstance(outcome.file, str) else outcome.file
    if len(raw) > LARGEST:
        raise WorkRefused([_("The result is larger than 64 MB. Choose less.")])
    file = vault.seal_bytes(raw, context_of(task)) if raw else None
    done = {"outcome": outcome.shown, "file": file, "file_name": outcome.file_name}
    if not _end(task, State.DONE, at=now(), **done):
        raise Lost


def _end(task: BackgroundTask, state: str, *, at: datetime, **fields: Any) -> bool:
    """End a task. A worker ends only the attempt that it has."""
    unchanged = () if state == State.CANCELLED else ("attempt",)
    over: dict[str, Any] = {"ended_at": at, "next_check_at": None, "upload": None}
    return task.advance(state, at=at, cause="background", unchanged=unchanged, **over, **fields)


def _mine(task: BackgroundTask) -> Any:
    return BackgroundTask.objects.filter(pk=task.pk, state=State.RUNNING, attempt=task.attempt)


@contextmanager
def _held(task: BackgroundTask) -> Iterator[None]:
    """Keep the task this worker's, by a thread that moves its time ahead while the work goes on."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=[task, over], daemon=True, name=f"background {task.pk}")
    thread.start()
    try:
        yield
    finally:
        over.set()


def _beat(task: BackgroundTask, over: threading.Event) -> None:
    until = now() + LONGEST
    try:
        while not over.wait(BEAT.total_seconds()) and now() < until:
            try:
                _mine(task).update(next_check_at=now() + LEASE)
            except Error as error:
                log.warning("background_not_held", error=type(error).__name__)
    finally:
        connections.close_all()
