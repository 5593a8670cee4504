"""Evaluates the signals, records incidents and queues alerts, which `monitoring.alert_delivery` sends."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.timezone import localtime

from monitoring import measurements
from monitoring.alert_delivery import ways
from monitoring.alerts import Key, Known, decide, merged, told, told_over
from monitoring.models import AlertMessage, Heartbeat, Incident, Silence
from monitoring.signal_rules import Facts, Level, Signal, judge

KEPT = timedelta(days=90)  # incidents and alerts, to see what came back


def look(*, at: datetime, measured: Facts | None = None) -> int:
    """Judge the house and write the alerts that are due; return how many texts were written.

    Any number of workers may look: whoever moves an incident's row writes its alert.
    """
    signals = judge(measured or measurements.measure(at=at))
    open_ones = {(row.kind, row.subject): row for row in Incident.objects.filter(ended_at=None)}
    known = {key: Known(row.since, row.red_at, row.told_at) for key, row in open_ones.items()}
    silenced = set(Silence.objects.filter(until__gt=at).values_list("kind", flat=True))
    decision = decide(signals, known, silenced, at=at)
    red = {(signal.kind, signal.subject): signal for signal in signals if signal.level == Level.RED}
    with transaction.atomic():
        for key in decision.begin:
            _begin(key, at)
        Incident.objects.filter(pk__in=[open_ones[key].pk for key in decision.still]).update(red_at=at)
        texts = [_tell(open_ones[key], red[key], at) for key in decision.tell]
        ended = {key for key in decision.end if _end(open_ones[key], at)}
        texts += [_over(open_ones[key]) for key in decision.tell_end if key in ended]
        written = [text for text in texts if text]
        if written:
            send(merged(written), at=at)
    return len(written)


def send(text: str, *, at: datetime) -> list[AlertMessage]:
    """Write a message for each way out that is set up."""
    rows = [AlertMessage(way=way, text=text, created_at=at, next_check_at=at) for way in ways()]
    return AlertMessage.objects.bulk_create(rows)


def silence(*, kind: str, hours: int, why: str, by: int, at: datetime) -> Silence:
    """Keep quiet about a kind of signal. Pressing twice changes nothing: a longer silence stands already."""
    until = at + timedelta(hours=hours)
    standing = Silence.objects.filter(kind=kind, until__gte=until - timedelta(minutes=5)).first()
    return standing or Silence.objects.create(kind=kind, until=until, why=why, by_id=by, at=at)


def prune(*, before: datetime) -> int:
    """Delete incidents, alerts, silences and heartbeats that are long over."""
    gone = Incident.objects.filter(ended_at__lt=before).delete()[0]
    gone += AlertMessage.objects.filter(created_at__lt=before, next_check_at=None).delete()[0]
    gone += Silence.objects.filter(until__lt=before).delete()[0]
    return gone + Heartbeat.objects.filter(beat_at__lt=before).delete()[0]


def _begin(key: Key, at: datetime) -> None:
    try:
        with transaction.atomic():
            Incident.objects.create(kind=key[0], subject=key[1][:160], since=at, red_at=at)
    except IntegrityError:  # another worker saw it first
        return


def _tell(incident: Incident, signal: Signal, at: datetime) -> str:
    row = Incident.objects.filter(pk=incident.pk, told_at=incident.told_at, ended_at=None)
    if not row.update(told_at=at):
        return ""
    where = f"{settings.CONSOLE_URL}/console/health" if settings.CONSOLE_URL else ""
    return told(signal, since=_since(incident), where=where, chinese=settings.ALERT_LANGUAGE == "zh")


def _end(incident: Incident, at: datetime) -> bool:
    return bool(Incident.objects.filter(pk=incident.pk, ended_at=None).update(ended_at=at))


def _over(incident: Incident) -> str:
    key = incident.kind, incident.subject
    return told_over(key, since=_since(incident), chinese=settings.ALERT_LANGUAGE == "zh")


def _since(incident: Incident) -> str:
    return f"{localtime(incident.since):%m-%d %H:%M}"
