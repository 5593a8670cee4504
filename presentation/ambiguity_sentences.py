"""What can be read in two ways in a tariff, in words: what a board must say to be read in one way only."""

from dataclasses import dataclass

from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.money import yuan
from lots.tariffs.ambiguity import COUPON, LATE, Ambiguity
from lots.tariffs.readings import Story
from presentation.class_boards import season_title
from presentation.formatting import rule_duration

AXES = {
    "free_mode": _("What a stay above the free minutes pays"),
    "free_repeat": _("Whether free minutes are given again"),
    "free_hours": _("Whether free minutes run in free hours too"),
    "free_steps": _("From where the steps count after deducted minutes"),
    "free_daily": _("Whether a plate is free so often a day or each time"),
    "free_monthly": _("Whether a plate is free so many times a month or each time"),
    "month_cap": _("Whether a plate's stays of a month share a cap or each stay has it"),
    "week_cap": _("Whether a plate's stays of a week share a cap or each stay has it"),
    "reached": _("What a stay of exactly the length of a limit pays"),
    "cycle": _("When “a day” begins"),
    "one_amount": _("Whether one amount is for a whole stay or for each day of it"),
    "steps_after_cycle": _("Whether the steps begin again with a new cycle"),
    "day_units": _("What a unit costs that runs over the end of a calendar day"),
    "steps_after_band": _("Whether the steps begin again in another band"),
    "bands_after_cycle": _("What a band costs that goes on after the end of a cycle"),
    "cycle_starts": _("From when the cycles count if free minutes are deducted"),
    "caps": _("Whether rising caps are for each day or add up"),
    "day_caps": _("Whether the cap is by the day of the entry or by that of each period"),
    "caps_pooled": _("Whether the cap is for each day or times the days for the stay"),
    "crossing": _("What a unit costs that runs into another band"),
    "reentry": _("What a car pays that comes back soon"),
    "reentry_gap": _("How the time outside counts for a car that comes back soon"),
    "after_exit_window": _("What is due from a car that paid and left too late"),
    "band_amount": _("Whether the amount of a period is due each time or once a stay"),
    "band_cap": _("Whether the cap of a period is for each time or for the whole stay"),
    "turn": _("What the other price of a long stay is for"),
    "shared_caps": _("Whether periods share a cap, on each date or in the whole stay"),
    "percent": _("Whether a percentage lowers the caps and the minimum too"),
    "sum_rounding": _("How the sum is rounded"),
    "overnight": _("For which nights a stay pays the amount for staying over night"),
    "entry_fee": _("Whether the amount for entering includes the first unit"),
    "night": _("Which nights a stay is charged for"),
    "night_amount": _("What the amount for staying over night is"),
    "tail": _("Whether a stay within the uncharged remainder of its first unit is free"),
    "offers_apply": _("Which of several special prices counts"),
    "offer_amount": _("Whether a special price is exact or the most that a stay costs"),
    "hours": _("Which stays the price of some hours is for"),
    "eves": _("Whether the day before a holiday is charged as its day of the week"),
    "longer_is_cheaper": _("A longer stay that costs less"),
    "seasons": _("Which prices a stay has that goes on into other dates or times of entry"),
    "season_end": _("Whether the prices of an entry end at a time"),
    "season_free": _("Whether there are free minutes again when the prices of an entry end"),
}
READINGS = {
    "threshold": _("charged from its first minute"),
    "deduct": _("charged less the free minutes"),
    "once": _("once per stay"),
    "each_cycle": _("again in each cycle"),
    "free_all_hours": _("from the entry, at all times"),
    "free_charged_hours": _("in charged hours only"),
    "steps_after_free": _("from the end of the free minutes"),
    "steps_with_free": _("from the entry, free minutes included"),
    "free_daily": _("once a day for each plate"),
    "free_times_daily": _("only so many times a day"),
    "free_each_visit": _("on each visit"),
    "free_monthly": _("only so many times a month"),
    "month_together": _("the stays of a month together"),
    "week_together": _("the stays of a week together"),
    "stay_alone": _("each stay separately"),
    "limit_within": _("as still within the limit"),
    "limit_reached": _("as beyond the limit"),
    "from_entry": _("each 24 hours from the entry"),
    "calendar_day": _("each calendar day"),
    "amount_of_stay": _("once for the whole stay"),
    "amount_of_day": _("again for each started day"),
    "steps_begin_again": _("the steps begin again"),
    "steps_run_on": _("the steps run on"),
    "bands_begin_again": _("each band begins again"),
    "units_of_day": _("a new unit begins with the new day"),
    "units_over_days": _("the unit runs on into the new day"),
    "bands_run_on": _("the band runs on"),
    "cycles_from_entry": _("from the entry"),
    "cycles_after_free": _("from the end of the free minutes"),
    "per_cycle": _("each cap for its own day"),
    "cap_of_cycle": _("by the day on which each period begins"),
    "cap_of_entry": _("by the day of the entry, for the whole stay"),
    "pooled": _("the cap times the days, for the whole stay"),
    "cumulative": _("the caps are for the stay so far"),
    "sum_per_band": _("each band for its own part"),
    "unit_start": _("by the band in which the unit began"),
    "band_each": _("each time that the stay touches the period"),
    "band_once": _("once for the whole stay, however many nights"),
    "cap_each_time": _("for each time that the period comes"),
    "cap_all_times": _("for all of them in the whole stay"),
    "turn_from_start": _("the other price for the whole stay"),
    "turn_then": _("the other price for the time beyond"),
    "bands_together": _("one cap for the periods together"),
    "bands_each": _("the cap for each period"),
    "cap_of_stay": _("the cap is for all of them in the whole stay"),
    "cap_of_date": _("the cap is for each date"),
    "percent_of_sum": _("of the sum, caps included"),
    "percent_of_prices": _("of each price, caps as they stand"),
    "sum_down": _("rounded down"),
    "sum_half_up": _("rounded to the nearest"),
    "sum_up": _("rounded up"),
    "nights_each": _("for each night"),
    "nights_once": _("once for the stay"),
    "night_in_part": _("each of which it has any part"),
    "night_on_top": _("an amount on top of the price"),
    "night_least": _("the least that such a stay costs"),
    "fee_on_top": _("on top of the first unit"),
    "fee_for_first_unit": _("in place of the first unit"),
    "night_passed": _("each whose beginning it passes"),
    "tail_of_first": _("the first unit has that remainder too"),
    "first_unit_due": _("the first unit is always charged"),
    "offers_first": _("the first that fits"),
    "offers_cheapest": _("the lowest that fits"),
    "offer_exact": _("exactly this amount"),
    "offer_at_most": _("at most this amount"),
    "part_in_hours": _("for the part of a stay in these hours"),
    "stay_in_hours": _("only for a stay that begins and ends in these hours"),
    "eves_apart": _("as a kind of day of its own"),
    "eves_by_weekday": _("as its day of the week"),
    "stays_capped": _("charged separately, capped together"),
    "two_stays": _("two stays"),
    "two_stays_free_once": _("two stays, free minutes only once"),
    "one_stay": _("one stay"),
    "gap_free": _("not charged, but units run on"),
    "gap_charged": _("charged like time inside"),
    "gap_not_counted": _("not counted at all"),
    "recomputed": _("the whole stay again, less what was paid"),
    "extra_time": _("only the time since the payment"),
    "stay": _("this long"),
    "season_of_entry": _("those of its entry, to the end"),
    "season_of_moment": _("each part those of its own date and time"),
    "season_until_end": _("those of its entry until then, and those of an entry at that time from then on"),
    "free_after_end": _("free minutes again from then on"),
    "no_free_after_end": _("no free minutes from then on"),
    "a_minute_longer": _("a minute longer"),
}
DAYS = (
    pgettext_lazy("weekday", "Mon"),
    pgettext_lazy("weekday", "Tue"),
    pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"),
    pgettext_lazy("weekday", "Fri"),
    pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
)


@dataclass(frozen=True)
class Sentences:
    """A finding in the language of the request: the question, both answers with their prices, its weight."""

    question: str
    example: str
    ours: str
    other: str
    weight: str

    def __str__(self) -> str:
        return "\n".join((self.question, self.example, f"  {self.ours}", f"  {self.other}", self.weight))


def sentences(one: Ambiguity) -> Sentences:
    """Return a finding in words."""
    by_date = one.season or one.axis == "eves" or one.axis.startswith("season")
    day = f"{one.entered_at:%Y-%m-%d}" if by_date else DAYS[one.entered_at.weekday()]
    entry = {"day": day, "time": f"{one.entered_at:%H:%M}"}
    example = gettext("For example: in on %(day)s %(time)s, parked %(stay)s") % {
        **entry,
        "stay": rule_duration(one.minutes),
    }
    question = pgettext("ambiguity", "%(question)s:") % {"question": AXES[one.axis]}
    if one.season:
        question = gettext("%(who)s: %(sentence)s") % {"who": season_title(one.season), "sentence": question}
    return Sentences(
        question,
        example + _story(Story(one.story)),
        gettext("this rule, %(reading)s: ¥%(amount)s")
        % {"reading": READINGS[one.ours], "amount": yuan(one.fen)},
        gettext("otherwise, %(reading)s: ¥%(amount)s")
        % {"reading": READINGS[one.other], "amount": yuan(one.other_fen)},
        _weight(one),
    )


def _weight(one: Ambiguity) -> str:
    """Return on how many plausible stays both readings differ, and by how much."""
    if not one.differ:
        return gettext("Differs on none of %(of)s plausible stays, only on such as this one") % {"of": one.of}
    text = gettext(
        "Differs on %(differ)s of %(of)s plausible stays, by ¥%(mean)s on average, at most ¥%(most)s"
    )
    return text % {
        "differ": one.differ,
        "of": one.of,
        "mean": yuan(one.severity_fen),
        "most": yuan(one.most_fen),
    }


def _story(story: Story) -> str:
    if story == Story.REENTRY:
        return gettext(" (the second stay of a car that has just left)")
    if story == Story.AFTER_PAYMENT:
        return gettext(" until it paid with a coupon for %(coupon)s min; it left %(late)s min later") % {
            "coupon": COUPON,
            "late": LATE,
        }
    return ""
