"""Text and speech of the lane's screen for a read, or for a barrier lifted later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from devices.vzenith.codec import screen, voice
from lots import lane_codes
from lots.models import GateCommand, Lane, PlateRead
from lots.plate_reads import Verdict

type Extras = list[Mapping[str, Any]]

Outcome, Cause = PlateRead.Outcome, GateCommand.Cause

FREE_TO_GO: dict[tuple[str, str], str] = {
    (Outcome.ENTERED, Lane.Direction.ENTRY): "欢迎光临",
    (Outcome.LEFT, Lane.Direction.EXIT): "一路平安",
}
MUST_ACT: dict[tuple[str, str], tuple[str, str]] = {
    (Outcome.UNREAD, Lane.Direction.ENTRY): ("未识别到车牌", "请扫码入场"),
    (Outcome.UNREAD, Lane.Direction.EXIT): ("未识别到车牌", "请扫码缴费"),
    (Outcome.UNMATCHED, Lane.Direction.EXIT): ("未查到入场记录", "请扫码输入车牌"),
}
CALL_STAFF = "请联系工作人员"
LIFTED_LATER = {
    Cause.PAID: "缴费成功，一路平安",
    Cause.NOTHING_OWED: "一路平安",
    Cause.TICKET: "欢迎光临",
}


def after_read(verdict: Verdict, *, at: datetime) -> Extras:
    """Return a greeting, the fee with the lane's code, or what to do. Never the plate: others can read it."""
    read = verdict.read
    if verdict.due_fen:
        ask = f"停车费{yuan(verdict.due_fen)}元", "请扫码缴费"
        return _ask(read.lane, *ask, at=at, sign_code=verdict.lane_sign)
    if verdict.needs_staff:
        return [screen(CALL_STAFF), voice(CALL_STAFF)]
    what = (read.outcome, read.direction)
    if greeting := FREE_TO_GO.get(what):
        return [screen(greeting), voice(greeting)]
    return _ask(read.lane, *MUST_ACT[what], at=at) if what in MUST_ACT else []


def after_command(command: GateCommand) -> Extras:
    text = LIFTED_LATER.get(Cause(command.cause))
    return [screen(*text.split("，")), voice(text)] if text else []


def yuan(fen: int) -> str:
    """Return 5 for 500 and 5.50 for 550, as price boards write it."""
    whole, rest = divmod(fen, 100)
    return f"{whole}.{rest:02}" if rest else str(whole)


def _ask(lane: Lane, *lines: str, at: datetime, sign_code: str | None = None) -> Extras:
    code = lane_codes.shown_at(lane, at=at, sign_code=sign_code)
    return [screen(*lines, qr=code.address if code else None), voice("，".join(lines))]
