"""The title, finding and advice of each signal, for staff. In the language that is active.

Alerts are written by the worker, which has no reader whose language it could take: see `ALERT_LANGUAGE`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from lots.systems.fault_texts import meaning_of
from monitoring.signal_rules import Level, Number, Signal
from payments.channel_names import ONLINE
from payments.models import PaymentEvent

type Text = str | Promise


@dataclass(frozen=True, eq=False)
class SignalText:
    """What staff read about a signal. The finding has the signal's values in braces."""

    title: Text
    finding: Text
    advice: Text


ONLINE_CHECK = _("Press “Check online” on the page of the lot's payment channels: it names the cause.")
REASONS = {  # of a channel's failed calls; another is shown as the channel names it
    "sign_error": _("our signature is not accepted"),
    "invalid_signature": _("our signature is not accepted"),
    "no_answer": _("no answer"),
}
CALLS = {
    "start": pgettext_lazy("channel call", "start"),
    "query": pgettext_lazy("channel call", "query"),
    "close": pgettext_lazy("channel call", "close"),
    "refund": pgettext_lazy("channel call", "refund"),
    "openid": pgettext_lazy("channel call", "openid"),
}
CAUSES = {
    "notice": pgettext_lazy("cause", "notice"),
    "query": pgettext_lazy("cause", "query"),
    "close": pgettext_lazy("cause", "query before closing"),
    "bill": pgettext_lazy("cause", "bill"),
}
QUEUES = {
    "payments.payment": pgettext_lazy("queue", "payments"),
    "payments.refund": pgettext_lazy("queue", "refunds"),
    "monitoring.alertmessage": pgettext_lazy("queue", "alerts"),
    "payments.billrun": pgettext_lazy("queue", "channel bills"),
    "payments.settlement": pgettext_lazy("queue", "settlements with parking systems"),
    "payments.couponhandover": pgettext_lazy("queue", "coupons for parking systems"),
    "payments.systemlistrun": pgettext_lazy("queue", "paid lists of parking systems"),
    "payments.zerobill": pgettext_lazy("queue", "bills of zero for parking systems"),
    "payments.invoicerequest": pgettext_lazy("queue", "invoice requests"),
    "staff.backgroundtask": pgettext_lazy("queue", "background tasks of staff"),
    "staff.reportmailing": pgettext_lazy("queue", "mailed reports"),
    "compliance.selfcheck": pgettext_lazy("queue", "self-checks"),
    "members.outgoing": pgettext_lazy("queue", "text messages to members"),
}
CHANNELS = {  # by the words that `monitoring.measurements` puts into a subject
    **ONLINE,
    "platform_certificate": _("platform certificate"),
    "merchant_certificate": _("merchant certificate"),
}
NOTHING = {  # the finding of a count of 0, where "none" would mean that the thing itself is missing
    "migrations": pgettext_lazy("count", "up to date"),
    "queue": pgettext_lazy("count", "nothing due"),
}
LEVELS = {
    Level.RED: pgettext_lazy("signal level", "Alarm"),
    Level.AMBER: pgettext_lazy("signal level", "Warning"),
    Level.GREEN: pgettext_lazy("signal level", "OK"),
}

TEXTS = {
    "database": SignalText(
        pgettext_lazy("signal", "Database"),
        _("reachable"),
        _("Check the database service, the network and the disk."),
    ),
    "migrations": SignalText(
        pgettext_lazy("signal", "Database schema"),
        _("pending migrations: {count}"),
        _("Back up, run manage.py migrate, restart."),
    ),
    "merchant_lots": SignalText(
        pgettext_lazy("signal", "Lots in the merchants file"),
        _("it names lots that do not exist: {names}"),
        _("Run manage.py check_merchants, correct the file, restart."),
    ),
    "sandbox": SignalText(
        pgettext_lazy("signal", "Sandbox"),
        _("in use: no real money is received"),
        _("Remove SANDBOX_URL before going live."),
    ),
    "no_channel": SignalText(
        pgettext_lazy("signal", "Payment channels"),
        _("none is configured"),
        _("Configure the merchants: docs/channels.md."),
    ),
    "undelivered": SignalText(
        pgettext_lazy("signal", "Alerts"),
        _("{count} could not be delivered"),
        _("Check the mail and webhook settings: manage.py test_alert."),
    ),
    "worker_never": SignalText(
        pgettext_lazy("signal", "Worker"),
        _("has never run"),
        _("Start the purecode-worker service: without it no refund is sent."),
    ),
    "worker": SignalText(
        pgettext_lazy("signal", "Worker"),
        _("last heartbeat {age} ago"),
        _("Check the purecode-worker service and its log; restart it."),
    ),
    "circuit": SignalText(
        pgettext_lazy("signal", "Outside service"),
        _("does not answer; it is asked again every few seconds"),
        _("Check the network and the service. Everything else keeps working meanwhile."),
    ),
    "queue": SignalText(
        pgettext_lazy("signal", "Queue"),
        _("{count} due, the oldest for {age}"),
        _("Check that the worker is running and that the channels answer."),
    ),
    "plate_sweep": SignalText(
        pgettext_lazy("signal", "Plate searches"),
        _("searches without result in an hour: {count}"),
        _(
            "Someone may be searching for other people's cars. Strangers' searches are slowed down;"
            " drivers can go on"
            " paying. Ask your network provider if it lasts."
        ),
    ),
    "clock": SignalText(
        pgettext_lazy("signal", "Server clock"),
        _("the channel is {seconds} s ahead"),
        _("Synchronise with NTP (timedatectl). At 5 minutes WeChat rejects every call."),
    ),
    "unknown_serial": SignalText(
        pgettext_lazy("signal", "Unknown key serial"),
        _("{count} in two hours"),
        _("The channel changed its key: add the new one to platform_keys (manage.py wechat_certificates)."),
    ),
    "bad_signature": SignalText(
        pgettext_lazy("signal", "Answers with a bad signature"),
        _("{count} in two hours"),
        _("Check that key and serial belong together, then whether a proxy rewrites the traffic."),
    ),
    "notice_refused": SignalText(
        pgettext_lazy("signal", "Rejected notices"),
        _("{count} in two hours"),
        _(
            "A few are probes by the channel. Many: check the public key and the APIv3 key; if money arrives"
            " all the same, notices are being forged."
        ),
    ),
    "unknown_merchant": SignalText(
        pgettext_lazy("signal", "Notices for unknown merchants"),
        _("{count} in two hours"),
        _(
            "With a merchant number: it has payments here but is missing from the file. Put it back (lots:"
            " []) within a day and restart; the channel repeats its notices. Without a number: check whether"
            " a notice address at the channel points here by mistake."
        ),
    ),
    "start_failed": SignalText(
        pgettext_lazy("signal", "Failed orders"),
        _("{count} in two hours"),
        ONLINE_CHECK,
    ),
    "query_failed": SignalText(
        pgettext_lazy("signal", "Failed queries"),
        _("{count} in two hours"),
        ONLINE_CHECK,
    ),
    "refund_failed": SignalText(
        pgettext_lazy("signal", "Failed refund calls"),
        _("{count} in two hours"),
        _("Check the merchant's refund permission and balance."),
    ),
    "certificate": SignalText(
        pgettext_lazy("signal", "Certificate"),
        _("days left: {days}"),
        _("Platform: manage.py wechat_certificates. Merchant: renew it."),
    ),
    "channel_hidden": SignalText(
        pgettext_lazy("signal", "Channel hidden"),
        _("{call} failed repeatedly ({reason}), hidden for {minutes} min"),
        _(
            "It is tried and shown again automatically; drivers can use another channel or the booth. Press"
            " “Check online” on the page of the lot's payment channels: it names the cause."
        ),
    ),
    "channel_failing": SignalText(
        pgettext_lazy("signal", "Channel unstable"),
        _("{call} failed just now ({reason})"),
        _("Watch it; after three failures it is hidden."),
    ),
    "notices_missing": SignalText(
        pgettext_lazy("signal", "No notices arrive"),
        _("latest payments found by query only: {count}"),
        _("Check that PUBLIC_URL/n/ is reachable from outside: domain, HTTPS certificate, firewall."),
    ),
    "notices": SignalText(
        pgettext_lazy("signal", "Payments reported by notice"),
        _("{share} %"),
        _("Check that PUBLIC_URL is reliably reachable from outside."),
    ),
    "delay": SignalText(
        pgettext_lazy("signal", "Settlement delay"),
        _("95 % within {seconds} s ({count})"),
        _("Check the network, the database and the notices."),
    ),
    "devices": SignalText(
        pgettext_lazy("signal", "Devices"),
        _("{silent} of {known} silent"),
        _(
            "Check power, network and push address. Meanwhile open the barrier with its own button or remote"
            " control."
        ),
    ),
    "barrier": SignalText(
        pgettext_lazy("signal", "Barrier"),
        _("no opening reported for {age}; cars since then: {cars}"),
        _(
            "Look at the barrier. If it stays down: open it with its own button or remote control, note the"
            " time, call maintenance. If it does open: its device has stopped reporting that; check the"
            " device's program and network. This line goes away with the next reported opening."
        ),
    ),
    "parking_system": SignalText(
        pgettext_lazy("signal", "Parking system"),
        _("{fault} For {age}. Call: {support}"),
        _("Test the connection on the page of the lot's parking system; then call its vendor."),
    ),
    "system_clock": SignalText(
        pgettext_lazy("signal", "Clock of the parking system"),
        _("{seconds} s ahead of ours"),
        _("Set both clocks by network time; at five minutes signatures are refused."),
    ),
    "system_slow": SignalText(
        pgettext_lazy("signal", "Parking system is slow"),
        _("answers after {seconds} s"),
        _("Drivers wait for it, and after six seconds see no fee. Call its vendor."),
    ),
    "system_silent": SignalText(
        pgettext_lazy("signal", "Notices of the parking system"),
        _("none for {age}. Call: {support}"),
        _("Fees still work. Ask the vendor whether the lot's computer is on line and sends to our address."),
    ),
    "weak_link": SignalText(
        pgettext_lazy("signal", "Link to the parking system"),
        _("not encrypted, or signed with MD5 only; the operator accepted it"),
        _("Ask the vendor for https and a better signature, or put a tunnel in between."),
    ),
    "unreported": SignalText(
        pgettext_lazy("signal", "Paid, but not accepted by the parking system"),
        _("{count}, the oldest for {age}"),
        _("Have staff let these cars out: see To do. The message is repeated until that system accepts it."),
    ),
    "refunds": SignalText(
        pgettext_lazy("signal", "Abnormal refunds"),
        _("{count} cannot be delivered"),
        _("Handle them in the merchant platform, or pay the driver back."),
    ),
    "discrepancies": SignalText(
        pgettext_lazy("signal", "Open discrepancies"),
        _("{count}, the oldest for {age}"),
        _("Open the tasks, compare each with the channel, and record what was found."),
    ),
    "diverged_prices": SignalText(
        pgettext_lazy("signal", "Prices that were recomputed differently"),
        _("payments of the last nights' checks: {count}"),
        _("Open “Prices recomputed” and compare each payment with its stay. Nothing was corrected."),
    ),
    "disk": SignalText(
        pgettext_lazy("signal", "Disk"),
        _("{percent} % free ({gigabytes} GB)"),
        _("Free some space: a full disk stops the database."),
    ),
    "backup_unset": SignalText(
        pgettext_lazy("signal", "Backup"),
        _("no backup is monitored"),
        _("Make daily backups and set BACKUP_PATH."),
    ),
    "backup_missing": SignalText(
        pgettext_lazy("signal", "Backup"), _("not found"), _("Check the backup job and BACKUP_PATH.")
    ),
    "backup": SignalText(
        pgettext_lazy("signal", "Backup"), _("{age} old"), _("Check the backup job, and make one now.")
    ),
    "continuous": SignalText(
        pgettext_lazy("signal", "Continuous backup"),
        _("{megabytes} MB behind"),
        _("Check the disk of /var/backups and the load: purecode doctor."),
    ),
    "continuous_stopped": SignalText(
        pgettext_lazy("signal", "Continuous backup"),
        _("does not run, {megabytes} MB behind"),
        _("Run systemctl restart wal-purecode, then purecode doctor."),
    ),
    "continuous_gap": SignalText(
        pgettext_lazy("signal", "Continuous backup"),
        _("changes are missing"),
        _("Run purecode backup: it starts again with a new base backup."),
    ),
    "proof_missing": SignalText(
        pgettext_lazy("signal", "Restore test"),
        _("no backup was ever restored"),
        _("Run purecode prove-backup: it restores a backup and checks it."),
    ),
    "proof_failed": SignalText(
        pgettext_lazy("signal", "Restore test"),
        _("the last one failed"),
        _("Run purecode prove-backup and read what it prints."),
    ),
    "proof": SignalText(
        pgettext_lazy("signal", "Restore test"),
        _("days since it passed: {days}"),
        _("Run purecode prove-backup and read what it prints."),
    ),
}


UNITS: dict[str, tuple[int, Text]] = {  # seconds of each
    "seconds": (1, _("{n} s")),
    "minutes": (60, _("{n} min")),
    "hours": (3600, _("{n} h")),
    "days": (86400, _("{n} days")),
}
LESS_THAN_ONE = {"minutes": _("less than a minute"), "hours": _("less than an hour")}


def _age(values: Mapping[str, Number]) -> str:
    """Return how long something lasts, in a unit of which it has at least two: 346261 s as 4 days."""
    name = next((name for name in UNITS if name in values), "")
    if not name:
        return ""
    if values[name] == 0 and name in LESS_THAN_ONE:
        return str(LESS_THAN_ONE[name])
    seconds = int(values[name]) * UNITS[name][0]
    coarser = list(UNITS)[list(UNITS).index(name) :]
    name = max((one for one in coarser if seconds >= 2 * UNITS[one][0]), key=coarser.index, default=name)
    length, text = UNITS[name]
    return str(text).format(n=seconds // length)


def text_of(signal: Signal) -> SignalText:
    """Return title, finding and advice with the signal's own values and subject."""
    text, values = TEXTS[signal.kind], dict(signal.values)
    if "call" in values:
        values["call"] = str(CALLS.get(str(values["call"]), values["call"]))
        values["reason"] = str(REASONS.get(str(values["reason"]), values["reason"]))
    values["age"] = _age(signal.values)
    finding = str(text.finding).format(**values)
    if signal.kind == "parking_system":
        fault = str(values["fault"])
        if not fault:
            answers = gettext("answers in {ms} ms").format(**values) if "ms" in values else gettext("answers")
            return SignalText(title_of(signal.kind, signal.subject), answers, text.advice)
        finding = str(text.finding).format(**{**values, "fault": meaning_of(fault)})
    if values.get("count") == 0:
        finding = str(NOTHING.get(signal.kind, pgettext_lazy("count", "none")))
    if signal.kind == "database" and signal.level == Level.RED:
        finding = gettext("not reachable")
    return SignalText(title_of(signal.kind, signal.subject), finding, text.advice)


def title_of(kind: str, subject: str) -> str:
    """Return what a signal is called. A kind or subject of an earlier version is shown as it is."""
    title = str(TEXTS[kind].title) if kind in TEXTS else kind
    subject = _subject(kind, subject)
    return f"{title} · {subject}" if subject else title


def _subject(kind: str, subject: str) -> str:
    if kind in {"queue", "delay"}:
        return str(
            {"queue": QUEUES, "delay": {**dict(PaymentEvent.Cause.choices), **CAUSES}}[kind].get(
                subject, subject
            )
        )
    # a path, a lot's name, a host
    if kind in {
        "disk",
        "devices",
        "barrier",
        "circuit",
        "parking_system",
        "system_clock",
        "weak_link",
        "unreported",
        "system_slow",
        "system_silent",
    }:
        return subject
    channel, dot, lot = subject.partition(" · ")
    return " ".join(str(CHANNELS.get(word, word)) for word in channel.split(" ")) + dot + lot


def alert_text(signal: Signal, *, since: str, where: str) -> str:
    """Return the text of an alert. `since` is a local time, `where` the address of the console's page."""
    text = text_of(signal)
    lines = [
        gettext("[PureCode alarm] %(title)s") % {"title": text.title},
        gettext("Finding: %(finding)s") % {"finding": text.finding},
        gettext("Since %(since)s") % {"since": since},
        gettext("To do: %(advice)s") % {"advice": text.advice},
    ]
    return "\n".join([*lines, *([where] if where else [])])


def recovery_text(kind: str, subject: str, *, since: str) -> str:
    title = title_of(kind, subject)
    return gettext("[PureCode] Over: %(title)s (since %(since)s)") % {"title": title, "since": since}
