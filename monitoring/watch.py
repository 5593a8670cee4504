"""Evaluates the signals, records incidents and queues alerts, which `monitoring.alert_delivery` sends."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.timezone import localtime

from monitoring import measurements
from monitoring.alert_delivery import ways
from monitoring.alerts import Key, OpenIncident, decide, merged
from monitoring.models import AlertMessage, Heartbeat, Incident, Silence
from monitoring.signal_rules import Facts, Level, Signal, judge
from monitoring.signal_words import alert_text, recovery_text

RETENTION = timedelta(days=90)  # of incidents and alerts, to see which faults return


def evaluate(*, at: datetime, measured: Facts | None = None) -> int:
    """Judge all signals and write the alerts that are due; return how many texts were written.

    Several workers may run this: the one that updates an incident's row writes its alert.
    """
    signals = judge(measured or measurements.measure(at=at))
    rows = {(row.kind, row.subject): row for row in Incident.objects.filter(ended_at=None)}
    incidents = {key: OpenIncident(row.since, row.red_at, row.alerted_at) for key, row in rows.items()}
    silenced = set(Silence.objects.filter(until__gt=at).values_list("kind", flat=True))
    decision = decide(signals, incidents, silenced, at=at)
    red = {(signal.kind, signal.subject): signal for signal in signals if signal.level == Level.RED}
    with transaction.atomic():
        for key in decision.begin:
            _begin(key, at)
        Incident.objects.filter(pk__in=[rows[key].pk for key in decision.seen]).update(red_at=at)
        texts = [_alert(rows[key], red[key], at) for key in decision.alert]
        ended = {key for key in decision.end if _end(rows[key], at)}
        texts += [_recovery(rows[key]) for key in decision.alert_end if key in ended]
        written = [text for text in texts if text]
        if written:
            send(merged(written), at=at)
    return len(written)


def send(text: str, *, at: datetime) -> list[AlertMessage]:
    """Write a message for each configured channel."""
    rows = [AlertMessage(way=way, text=text, created_at=at, next_check_at=at) for way in ways()]
    return AlertMessage.objects.bulk_create(rows)


def silence(*, kind: str, hours: int, why: str, by: int, at: datetime) -> Silence:
    """Silence a kind of signal. A second click changes nothing: a silence at least as long is in force."""
    until = at + timedelta(hours=hours)
    in_force = Silence.objects.filter(kind=kind, until__gte=until - timedelta(minutes=5)).first()
    return in_force or Silence.objects.create(kind=kind, until=until, why=why, by_id=by, at=at)


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
    except IntegrityError:  # another worker was first
        return


def _alert(incident: Incident, signal: Signal, at: datetime) -> str:
    row = Incident.objects.filter(pk=incident.pk, alerted_at=incident.alerted_at, ended_at=None)
    if not row.update(alerted_at=at):
        return ""
    where = f"{settings.CONSOLE_URL}/console/health" if settings.CONSOLE_URL else ""
    with _alert_language():
        return alert_text(signal, since=_since(incident), where=where)


def _end(incident: Incident, at: datetime) -> bool:
    return incident.advance(Incident.State.ENDED, at=at, cause="green", ended_at=at)


def _recovery(incident: Incident) -> str:
    with _alert_language():
        return recovery_text(incident.kind, incident.subject, since=_since(incident))


def _alert_language() -> translation.override:
    return translation.override("zh-hans" if settings.ALERT_LANGUAGE == "zh" else "en")


def _since(incident: Incident) -> str:
    return f"{localtime(incident.since):%m-%d %H:%M}"
