"""What a format could not say, or left open: a code, where in our document, and words. Pure.

On export: a setting that the data does not hold, so that whoever reads it will charge otherwise. On load: a
setting that the data leaves open, and what was taken for it.

Silence has one meaning here, the same in both directions (`conventions`): what the data does not say is as on
most boards. So a tariff made of nothing else survives the way there and back.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lots.plates import Kind
from lots.tariffs.currencies import CNY
from lots.tariffs.rules import CapsCount, Overstay, Rounding
from lots.tariffs.sums import is_fine
from lots.tariffs.tariff import Tariff
from lots.tariffs.tariff_errors import TariffError

WORDS = {  # code: (English, Chinese)
    "free_minutes": ("free minutes are not said", "未表达免费时长"),
    "free_mode": (
        "free minutes are said, but not that a longer stay is charged less them",
        "未表达超时后扣除免费时长计费",
    ),
    "free_repeat": ("that free minutes are given again is not said", "未表达免费时长可重复享受"),
    "rounding": ("that only full units count is not said", "未表达不足一个单元不计费"),
    "steps": ("later steps are left out", "阶梯价格的后续各段未导出"),
    "flat": ("amounts for a whole step are left out", "分段一口价未导出"),
    "total": ("an amount in place of all before is left out", "总价档（日票）未导出"),
    "steps_run_on": ("that steps run on over the reset is not said", "未表达阶梯跨周期连续计算"),
    "cycle": ("the cycle is not said", "未表达计费周期"),
    "caps": ("a cap is left out", "封顶未导出"),
    "caps_rising": ("only the first of the caps is said", "仅导出第一个周期的封顶"),
    "stay_cap": ("the cap of the whole stay is left out", "全程封顶未导出"),
    "bands": ("times of day with another price are left out", "分时段价格未导出"),
    "classes": ("vehicles with another rule are left out", "分车型价格未导出"),
    "exempt": ("who never pays is not said", "未表达免费车辆"),
    "passes": ("passes are left out", "月卡、日票等未导出"),
    "reentry": ("how a car is charged that comes back soon is not said", "未表达短时间再次入场的计费"),
    "after_exit_window": (
        "that only extra time is due after the exit window is not said",
        "未表达超时离场只补超出时间",
    ),
    "tail": ("that a short remainder is not charged is left out", "未表达尾数不计"),
    "long_caps": ("a cap over several cycles is left out", "多周期封顶未导出"),
    "offers": ("offers by time of entry or exit are left out", "按入场、离场时间的优惠未导出"),
    "shared_caps": ("a cap that several times of day share is left out", "多时段合计封顶未导出"),
    "percent": ("that a part of the sum is charged is left out", "未表达按比例收取"),
    "sum_rounding": ("how the sum is rounded is left out", "未表达合计金额取整"),
    "turn": ("the other price of long stays is left out", "超时后的另一标准未导出"),
    "fine_prices": ("parts of a fen are left out", "不足一分的单价未导出"),
    "seasons": ("prices of seasons and special dates are left out", "季节及特定日期价格未导出"),
    "caps_pooled": ("that a daily cap is pooled over the session is left out", "未表达封顶按天数累计"),
    "max_stay": ("the longest stay is not said", "未表达最长停放时间"),
    "free_mode_assumed": (
        "taken: a longer stay is charged from its first minute, free minutes come once a stay",
        "按“超过免费时长从入场起计费、每次停车免一次”理解",
    ),
    "rounding_assumed": ("taken: a unit begun counts as a whole one", "按“不足一个单元按一个单元”理解"),
    "cycle_assumed": ("taken: the cap is for each 24 hours from the entry", "按“入场起每24小时封顶”理解"),
    "type_assumed": ("type 1 was only seen, never explained", "type 1 的含义未见公开说明"),
    "free_text": ("the text of the board was not read", "公示文字未解析"),
    "exempt_assumed": ("taken: 应急 vehicles never pay, everybody else does", "按“仅应急车辆免费”理解"),
    "overstay_assumed": (
        "taken: after the exit window the whole stay less what was paid is due",
        "按“超时离场按总时长重算、扣除已缴”理解",
    ),
    "max_value_assumed": (
        "taken: the highest amount of a line is for that line alone",
        "按“最高金额仅限该行”理解",
    ),
    "duration_assumed": ("taken: a duration without a unit is minutes", "无单位的时长按分钟理解"),
    "flat_assumed": (
        "taken: the amount of a tier comes on top of the tiers before",
        "按“各段金额逐段累加”理解",
    ),
    "validity": ("from when on it holds was left to --from", "生效时间未导入，由 --from 决定"),
    "tax": ("whether tax is in the price was not taken over", "未导入是否含税"),
}


@dataclass(frozen=True)
class Loss:
    code: str
    path: str

    @property
    def words(self) -> tuple[str, str]:
        return WORDS[self.code]

    def __str__(self) -> str:
        return f"{self.path}: {' / '.join(self.words)} ({self.code})"


def require_cny(tariff: Tariff) -> None:
    """Refuse a tariff in another currency: neither format is known to name its minor unit."""
    if tariff.currency is not CNY:
        raise TariffError("currency", "must be CNY: amounts of another currency cannot be exported")


def conventions(tariff: Tariff) -> Iterator[Loss]:
    """Yield what neither format can say of a tariff, whatever its prices."""
    rule = tariff.rule
    checks = (
        (rule.rounding is not Rounding.STARTED, "rounding", "rounding"),
        (bool(rule.bands), "bands", "bands"),
        (bool(tariff.classes), "classes", "classes"),
        (tariff.exempt != {Kind.EMERGENCY}, "exempt", "exempt"),
        (bool(tariff.passes), "passes", "passes"),
        (tariff.reentry is not None, "reentry", "reentry"),
        (tariff.after_exit_window is not Overstay.RECOMPUTED, "after_exit_window", "after_exit_window"),
        (tariff.max_stay is not None, "max_stay", "max_stay_min"),
        (bool(rule.tail), "tail", "tail_min"),
        (bool(rule.long_caps), "long_caps", "long_caps"),
        (bool(rule.offers), "offers", "offers"),
        (bool(tariff.seasons), "seasons", "seasons"),
        (bool(rule.shared_caps), "shared_caps", "shared_caps"),
        (rule.percent != 100, "percent", "percent"),
        (rule.sum is not None, "sum_rounding", "sum_rounding"),
        (rule.turn is not None, "turn", "turn"),
        (is_fine(rule), "fine_prices", "steps"),
        (rule.caps_count is CapsCount.POOLED, "caps_pooled", "caps_count"),
    )
    yield from (Loss(code, path) for lost, code, path in checks if lost)
