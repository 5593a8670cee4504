"""The sentence of each clause of a rule, as a board at the entrance would put it; amounts are in yuan."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from lots.tariffs import CNY, MINUTE, Currency
from lots.tariffs.charging_rules import DAY
from lots.tariffs.clauses import Clause
from presentation.formatting import listed, on_days, per_unit, rule_duration, short_yuan


def sentence(clause: Clause, currency: Currency = CNY) -> str:
    """Return the sentence of a clause in the language of the page; its amounts are in yuan."""
    if clause.code == "holidays_announced" and currency is not CNY:
        return _(
            "Public holidays are those announced locally; they are not charged as their day of the week."
        )
    return str(SENTENCES[clause.code]) % words(clause.values)


def words(values: Mapping[str, int | str]) -> dict[str, Any]:
    """Return the values of a clause as its sentence names them: amounts in yuan, durations in words."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name == "unit_minutes":
            found["per"] = per_unit(int(value))
        elif name.endswith("_minutes"):
            found[name.removesuffix("_minutes")] = board_duration(int(value))
            found["first"] = first_duration(int(value))
        elif name == "days":
            found[name] = on_days(frozenset(str(value).split()), "") or _("Any day")
        elif name.endswith("_fen"):
            found[name.removesuffix("_fen")] = short_yuan(value)
        elif name == "bands":
            found[name] = listed(str(value).split())
        else:
            found[name] = value
    return found


def first_duration(minutes: int) -> str:
    """Return a duration as it follows “first”: the first hour, the first 2 hours."""
    return pgettext("after “first”", "hour") if minutes == 60 else board_duration(minutes)


def board_duration(minutes: int) -> str:
    """Return a duration; whole days from three on also as days, for who does not count 720 hours."""
    days, rest = divmod(minutes, DAY // MINUTE)
    if rest or days < 3:
        return rule_duration(minutes)
    return _("%(days)s days (%(time)s)") % {"days": days, "time": rule_duration(minutes)}


SENTENCES = {
    "free_within": gettext_lazy("Free up to %(time)s; a longer stay is charged from its first minute."),
    "free_below": gettext_lazy(
        "Free for less than %(time)s; a stay of %(time)s or more is charged from its first minute."
    ),
    "free_deducted": gettext_lazy("Free for the first %(first)s; this time is not counted."),
    "free_in_steps": gettext_lazy("Free for the first %(first)s; this time counts towards the steps."),
    "free_charged_hours": gettext_lazy(
        "Only time in charged hours counts towards the free minutes; time in free hours uses none."
    ),
    "free_each_hours": gettext_lazy("The free minutes apply again every %(hours)s hours."),
    "free_each_day": gettext_lazy("The free minutes apply again every day."),
    "free_counts": gettext_lazy("Free minutes that apply again count towards the steps."),
    "free_once_a_day": gettext_lazy(
        "Each plate gets these free minutes once a day; the date of entry counts."
    ),
    "free_times_a_day": gettext_lazy(
        "Each plate gets these free minutes at most %(n)s times a day; the date of entry counts."
    ),
    "free_times_a_month": gettext_lazy(
        "Each plate gets these free minutes at most %(n)s times a calendar month; the date of entry counts."
    ),
    "free_always": gettext_lazy("Free of charge."),
    "free_else": gettext_lazy("Free of charge at other times."),
    "band_free": gettext_lazy("free of charge."),
    "step_total": gettext_lazy("Longer than %(from)s: ¥%(amount)s in all."),
    "step_total_reached": gettext_lazy("%(from)s or longer: ¥%(amount)s in all."),
    "step_middle_total": gettext_lazy("Longer than %(from)s, up to %(until)s: ¥%(amount)s in all."),
    "step_middle_total_reached": gettext_lazy("%(from)s or longer, up to %(until)s: ¥%(amount)s in all."),
    "steps_reached": gettext_lazy(
        "A stay that ends exactly where a step ends is charged the amount of the next step."
    ),
    "step_only_units": gettext_lazy("¥%(amount)s %(per)s."),
    "step_only_flat": gettext_lazy("¥%(amount)s per stay."),
    "band_only_flat": gettext_lazy("¥%(amount)s each time."),
    "band_only_flat_once": gettext_lazy("¥%(amount)s once for the whole stay."),
    "step_only_flat_day": gettext_lazy("¥%(amount)s for each day that the stay touches."),
    "step_only_flat_hours": gettext_lazy("¥%(amount)s for each started period of %(hours)s hours."),
    "step_first_units": gettext_lazy("First %(first)s: ¥%(amount)s %(per)s."),
    "step_first_flat": gettext_lazy("First %(first)s: ¥%(amount)s in all."),
    "step_middle_units": gettext_lazy("From %(from)s to %(until)s: ¥%(amount)s %(per)s."),
    "step_middle_flat": gettext_lazy("From %(from)s to %(until)s: ¥%(amount)s more."),
    "step_middle_sum": gettext_lazy("From %(from)s to %(until)s: ¥%(amount)s in all."),
    "step_last_sum": gettext_lazy("After %(from)s: ¥%(amount)s in all."),
    "step_last_units": gettext_lazy("After %(from)s: ¥%(amount)s %(per)s."),
    "step_last_flat": gettext_lazy("After %(from)s: ¥%(amount)s more."),
    "step_first_free": gettext_lazy("First %(first)s: free of charge."),
    "step_middle_free": gettext_lazy("From %(from)s to %(until)s: free of charge."),
    "step_last_free": gettext_lazy("After %(from)s: free of charge."),
    "band_cap": gettext_lazy("At most ¥%(amount)s."),
    "band_cap_day": gettext_lazy("At most ¥%(amount)s a day."),
    "cap_hours": gettext_lazy("At most ¥%(amount)s per %(hours)s hours from entry."),
    "cap_after_free_hours": gettext_lazy("At most ¥%(amount)s per %(hours)s hours."),
    "cap_day": gettext_lazy("At most ¥%(amount)s per calendar day."),
    "cap_from_day": gettext_lazy("At most ¥%(amount)s per day, from %(time)s to %(time)s the next day."),
    "cap_on_hours": gettext_lazy(
        "%(days)s, instead: at most ¥%(amount)s per %(hours)s hours that begin on such a day."
    ),
    "cap_on_day": gettext_lazy("%(days)s, instead: at most ¥%(amount)s per calendar day."),
    "cap_on_from_day": gettext_lazy(
        "%(days)s, instead: at most ¥%(amount)s for the day that begins then at %(time)s."
    ),
    "cap_n_hours": gettext_lazy("At most ¥%(amount)s in %(hours)s-hour period %(n)s."),
    "cap_n_to_hours": gettext_lazy(
        "At most ¥%(amount)s in each of the %(hours)s-hour periods %(n)s to %(last)s."
    ),
    "cap_n_and_later_hours": gettext_lazy(
        "At most ¥%(amount)s in %(hours)s-hour period %(n)s and in each later one."
    ),
    "cap_n_day": gettext_lazy("At most ¥%(amount)s on day %(n)s."),
    "cap_n_to_day": gettext_lazy("At most ¥%(amount)s on each of days %(n)s to %(last)s."),
    "cap_n_and_later_day": gettext_lazy("At most ¥%(amount)s on day %(n)s and on each later day."),
    "cap_so_far_hours": gettext_lazy(
        "At most ¥%(amount)s in total up to the end of %(hours)s-hour period %(n)s."
    ),
    "cap_so_far_day": gettext_lazy("At most ¥%(amount)s in total up to the end of day %(n)s."),
    "cap_pooled_hours": gettext_lazy(
        "At most ¥%(amount)s times the number of started %(hours)s-hour periods, for the whole stay."
    ),
    "cap_pooled_day": gettext_lazy(
        "At most ¥%(amount)s times the number of days that the stay touches, for the whole stay."
    ),
    "cap_later_adds": gettext_lazy("Each later period adds at most ¥%(amount)s."),
    "long_cap_hours": gettext_lazy("At most ¥%(amount)s per %(n)s × %(hours)s hours."),
    "long_cap_day": gettext_lazy("At most ¥%(amount)s per %(n)s days."),
    "stay_cap": gettext_lazy("At most ¥%(amount)s for the whole stay."),
    "stay_minimum": gettext_lazy("At least ¥%(amount)s for each stay that is not free."),
    "month_cap": gettext_lazy(
        "All stays of a plate that begin in one calendar month cost at most ¥%(amount)s together; each"
        " further month that a stay reaches into adds the same amount to this limit."
    ),
    "week_cap": gettext_lazy(
        "All stays of a plate that begin in one calendar week (Monday to Sunday) cost at most ¥%(amount)s"
        " together; each further week that a stay reaches into adds the same amount to this limit."
    ),
    "week_before_month": gettext_lazy(
        "The limit of the week comes first, then that of the month; what the month does not charge still"
        " counts towards the week."
    ),
    "overnight_each": gettext_lazy(
        "A stay that continues past %(time)s is charged ¥%(amount)s more each time."
    ),
    "overnight_once": gettext_lazy(
        "A stay that continues past %(time)s is charged ¥%(amount)s more, once only."
    ),
    "overnight_within_each": gettext_lazy(
        "A stay with any part in %(time)s–%(end)s is charged ¥%(amount)s more for each such night."
    ),
    "overnight_within_once": gettext_lazy(
        "A stay with any part in %(time)s–%(end)s is charged ¥%(amount)s more, once only."
    ),
    "overnight_least": gettext_lazy(
        "A stay that continues past %(time)s costs at least ¥%(amount)s, unless it is free."
    ),
    "overnight_within_least": gettext_lazy(
        "A stay with any part in %(time)s–%(end)s costs at least ¥%(amount)s, unless it is free."
    ),
    "overnight_uncapped": gettext_lazy("No cap applies to this amount."),
    "entry_fee": gettext_lazy("¥%(amount)s more for entering, for each stay that is not free."),
    "entry_fee_uncapped": gettext_lazy("No cap applies to the amount for entering."),
    "full": gettext_lazy("Only full units are charged."),
    "started": gettext_lazy("A started unit is charged as a whole one."),
    "tail": gettext_lazy("A remainder of up to %(time)s is not charged."),
    "tail_below": gettext_lazy("A remainder of less than %(time)s is not charged."),
    "sum_per_band": gettext_lazy(
        "A stay over several periods is charged separately for each of them, and the amounts are added."
    ),
    "unit_start": gettext_lazy(
        "A unit that runs into another period is charged at the price of the period in which it began."
    ),
    "unit_start_amounts": gettext_lazy(
        "A unit, or a step at one amount, that runs into another period is charged at the price of the"
        " period in which it began, up to its end."
    ),
    "steps_again_in_band": gettext_lazy("The steps start again in each period."),
    "steps_over_bands": gettext_lazy("The steps continue when another period begins."),
    "cycle_again_hours": gettext_lazy("After every %(hours)s hours, charging starts again."),
    "cycle_again_day": gettext_lazy("Every day at %(time)s, charging starts again."),
    "cycle_ends_units_hours": gettext_lazy(
        "After every %(hours)s hours, the unit in progress ends and a new one begins."
    ),
    "cycle_ends_units_day": gettext_lazy(
        "Every day at %(time)s, the unit in progress ends and a new one begins."
    ),
    "steps_over_cycles": gettext_lazy("The steps continue over the whole stay."),
    "cycle_after_free": gettext_lazy("The %(hours)s hours are counted from the end of the free minutes."),
    "cycle_from_entry": gettext_lazy(
        "The %(hours)s hours are counted from the entry, free minutes included."
    ),
    "bands_begin_again": gettext_lazy("A period still in progress then starts again as well."),
    "bands_run_on": gettext_lazy(
        "A period still in progress then does not start again: its cap or its single amount covers all of it."
    ),
    "bands_run_on_with_steps": gettext_lazy(
        "A period still in progress then does not start again: its steps and its cap or its single amount"
        " cover all of it."
    ),
    "holidays_alike": gettext_lazy("Public holidays cost the same as other days."),
    "holidays_announced": gettext_lazy(
        "Public holidays and working weekend days are those announced by the State Council; they are not"
        " charged as their day of the week."
    ),
    "eves_apart": gettext_lazy(
        "A day before a public holiday that is no public holiday itself is not charged as its day of the"
        " week, a working day or a weekend."
    ),
    "days_by_start": gettext_lazy(
        "After midnight, a period continues at the price of the day on which it began."
    ),
    "days_by_moment": gettext_lazy("After midnight, the price of the new day applies."),
    "offer_flat_same": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s the same day: ¥%(amount)s in all."
    ),
    "offer_flat_next": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s the next day: ¥%(amount)s in all."
    ),
    "offer_cap_same": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s the same day: at most ¥%(amount)s."
    ),
    "offer_cap_next": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s the next day: at most ¥%(amount)s."
    ),
    "shared_cap": gettext_lazy(
        "Periods %(bands)s that begin on the same date: at most ¥%(amount)s together."
    ),
    "shared_cap_stay": gettext_lazy("%(bands)s: at most ¥%(amount)s in all during the whole stay."),
    "percent": gettext_lazy("%(percent)s%% of the sum above is charged."),
    "sum_down": gettext_lazy("The sum is rounded down to a multiple of ¥%(unit)s."),
    "sum_half_up": gettext_lazy("The sum is rounded to the nearest multiple of ¥%(unit)s."),
    "sum_up": gettext_lazy("The sum is rounded up to a multiple of ¥%(unit)s."),
    "turn_start": gettext_lazy("A stay of more than %(time)s is charged as follows instead, from its entry:"),
    "turn_reached": gettext_lazy("A stay of %(time)s or more is charged as follows instead, from its entry:"),
    "turn_then": gettext_lazy(
        "A stay of more than %(time)s: the time beyond is charged as follows, counted from there, without"
        " free minutes:"
    ),
    "offer_flat_later": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s %(n)s days later: ¥%(amount)s in all."
    ),
    "offer_cap_later": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s %(n)s days later: at most ¥%(amount)s."
    ),
    "offer_free_same": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s the same day: free of charge."
    ),
    "offer_free_next": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s the next day: free of charge."
    ),
    "offer_free_later": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s %(n)s days later: free of charge."
    ),
    "offer_flat_within": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and a stay of up to %(time)s: ¥%(amount)s in all."
    ),
    "offer_cap_within": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and a stay of up to %(time)s: at most ¥%(amount)s."
    ),
    "offer_free_within": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and a stay of up to %(time)s: free of charge."
    ),
    "offer_not_before": gettext_lazy(
        "The price above does not apply to an exit before %(time)s on that date."
    ),
    "offers_first": gettext_lazy("If several of these prices apply, the one listed first counts."),
    "offers_cheapest": gettext_lazy("If several of these prices apply, the lowest counts."),
}
