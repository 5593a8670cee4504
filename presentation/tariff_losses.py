"""What an exchange format could not say of a tariff, or left open, in words."""

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from lots.tariffs.exchange import Loss

LANGUAGES = ("en", "zh-hans")
LOSSES = {
    "free_minutes": _("free minutes are not expressed"),
    "free_mode": _("free minutes are expressed, but not that a longer stay is charged less them"),
    "free_repeat": _("that free minutes are given again is not expressed"),
    "rounding": _("that only full units count is not expressed"),
    "steps": _("later steps are left out"),
    "flat": _("amounts for a whole step are left out"),
    "total": _("an amount in place of all before is left out"),
    "steps_run_on": _("that steps run on over the reset is not expressed"),
    "cycle": _("the cycle is not expressed"),
    "caps": _("a cap is left out"),
    "caps_rising": _("only the first of the caps is expressed"),
    "stay_cap": _("the cap of the whole stay is left out"),
    "bands": _("times of day with another price are left out"),
    "classes": _("vehicles with another rule are left out"),
    "exempt": _("who never pays is not expressed"),
    "passes": _("passes are left out"),
    "reentry": _("how a car is charged that comes back soon is not expressed"),
    "after_exit_window": _("that only extra time is due after the exit window is not expressed"),
    "tail": _("that a short remainder is not charged is left out"),
    "day_caps": _("a cap by the day on which a cycle begins is left out"),
    "long_caps": _("a cap over several cycles is left out"),
    "offers": _("offers by time of entry or exit are left out"),
    "shared_caps": _("a cap that several times of day share is left out"),
    "overnight": _("the amount for staying over night is left out"),
    "entry_fee": _("the amount for entering is left out"),
    "stay_minimum": _("the least that a stay costs is left out"),
    "percent": _("that a part of the sum is charged is left out"),
    "sum_rounding": _("how the sum is rounded is left out"),
    "turn": _("the other price of long stays is left out"),
    "month_cap": _("a cap of a calendar month is left out"),
    "week_cap": _("a cap of a calendar week is left out"),
    "reached": _("that a limit counts as reached at exactly its length is not expressed"),
    "unknown_entry": _("the price of a car whose entry is not known is left out"),
    "fine_prices": _("parts of a fen are left out"),
    "seasons": _("prices of seasons and special dates are left out"),
    "caps_pooled": _("that a daily cap is pooled over the stay is left out"),
    "max_stay": _("the longest stay is not expressed"),
    "free_mode_assumed": _(
        "taken: a longer stay is charged from its first minute, free minutes come once a stay"
    ),
    "rounding_assumed": _("taken: a unit begun counts as a whole one"),
    "cycle_assumed": _("taken: the cap is for each 24 hours from the entry"),
    "type_assumed": _("type 1 was only seen, never explained"),
    "free_text": _("the text of the board was not read"),
    "exempt_assumed": _("taken: 应急 vehicles never pay, everybody else does"),
    "overstay_assumed": _("taken: after the exit window the whole stay less what was paid is due"),
    "max_value_assumed": _("taken: the highest amount of a line is for that line alone"),
    "duration_assumed": _("taken: a duration without a unit is minutes"),
    "flat_assumed": _("taken: the amount of a tier comes on top of the tiers before"),
    "validity": _("from when on it holds was left to --from"),
    "tax": _("whether tax is in the price was not taken over"),
}


def in_both_languages(loss: Loss) -> str:
    """Return a loss as commands print it: where in the document, in English and Chinese, and its code."""
    texts = []
    for language in LANGUAGES:
        with translation.override(language):
            texts.append(str(LOSSES[loss.code]))
    return f"{loss.path}: {' / '.join(texts)} ({loss.code})"
