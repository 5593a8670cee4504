"""Which control of a page is to be pressed next, by what it says, sends and leads to."""

import re
from dataclasses import dataclass
from typing import Any

from selfcheck import cashiers, page_wording, plain_chinese, prompt_wording
from selfcheck.answer_wording import PLATE_NEARBY, bare_plate
from selfcheck.judging_way import names_place
from selfcheck.page_controls import names_plate_kind
from selfcheck.recorder import Recorder
from selfcheck.visit import BEFORE_SUBMIT, Phase

# For who has paid: it asks for no fee.
_PAID_ALREADY = re.compile(r"已(?:经)?(?:付|缴|交|支付)|状态|记录|paid", re.IGNORECASE)
# 改车牌, 不是我的车; and with less certainty 返回, 重新查询.
_CORRECTS = re.compile(
    r"(?P<plate>(?:[改换]|更正|重[新输填]|不对|不是).{0,4}(?:车牌|号牌|车号|我的车|一辆)|车牌.{0,3}[错改]|查.{0,2}(?:另|别的|其[他它]|下一).{0,2}[车辆])|^\W*(?:返回|上一步|重新|重输|重查|再查|back\b|change\b)",
    re.IGNORECASE,
)
_TRIES_AGAIN = re.compile(
    r"^\W*(?:点击|请)?(?:重试|再试一?[次下]?|重新(?:加载|尝试|连接)|刷新[重再]试|try again|retry|reload)\W*$",
    re.IGNORECASE,
)  # 重新查询 may lead back to the plate


_RIGHT = re.compile(
    r"(?:核对|确认|信息|车牌)?(?:无误|正确|没错)|^\W*确认车牌\W*$"
    r"|\b(?:is|looks) (?:right|correct)|^\W*correct\W*$",
    re.IGNORECASE,
)  # what answers a page that asks whether the plate is right


@dataclass(frozen=True)
class Ranks:
    """How likely a control is the one that is wanted; 0: it is not."""

    recorder: Recorder

    def look_up(self, raw: dict[str, Any]) -> int:
        """Rank what asks for the fee: it sends the plate, stands after it, or says so."""
        text = plain_chinese.simplified(raw["text"]).strip()
        if (
            self.recorder.third(raw["href"])
            or plain_chinese.length(text) > 16
            or raw["href"].startswith("tel:")
        ):
            return 0
        if _lures(text):
            return 0
        asks = not (page_wording.EXPLAINS.search(text) or _PAID_ALREADY.search(text))
        if raw["key"]:  # on a keyboard "done" may look up, or only close it
            return int(bool(asks and page_wording.LOOK_UP.search(text)))
        words = asks * (4 * bool(page_wording.LOOK_UP.search(text)) + 2 * bool(page_wording.PAY.search(text)))
        woken = 2 * (asks and not raw["href"] and self._slept(raw["text"]))
        return int(20 * raw["submit"] + words + (5 if words and raw["above"] else 0) + raw["near"] + woken)

    def _slept(self, words: str) -> bool:
        """Return whether a button could not be pressed before the plate was complete."""
        arrived = (s for s in self.recorder.visit.screens if s.phase in BEFORE_SUBMIT)
        return any(c.disabled and c.text == words for screen in arrived for c in screen.controls)

    def pay(self, raw: dict[str, Any]) -> int:
        """Rank what speaks of paying and leads to no stranger."""
        text = plain_chinese.simplified(raw["text"]).strip()
        if not page_wording.is_pay(text) or prompt_wording.lures(text):
            return 0
        if self.recorder.leads_away(raw["href"]) and not cashiers.may_be_cashier(raw["href"]):
            return 0
        if raw["way"]:
            return 1  # one of a list: where a button pays by what is chosen, that button pays
        new = raw["text"] not in self._known()  # a tab of the first page may be called paying too
        likely = 20 * bool(page_wording.AMOUNT.search(text)) + 5 * (not raw["href"]) + 6 * new
        return int(10 + likely + 8 * raw["above"])

    def sends(self, raw: dict[str, Any]) -> int:
        """Rank what sends a form with the fee, whatever it is called; nothing that joins or buys."""
        text = plain_chinese.simplified(raw["text"]).strip()
        return 0 if _lures(text) or not raw["sends"] else int(1 + 8 * raw["above"])

    def only_way(self, raw: dict[str, Any]) -> int:
        """Rank what came with the answer, where nothing else leads on: a driver presses that."""
        text = plain_chinese.simplified(raw["text"]).strip()
        answer = self.recorder.visit.last(Phase.SUBMIT)
        if not answer or page_wording.NOT_FOUND.search(plain_chinese.simplified(answer.text)):
            return 0
        away = self.recorder.third(raw["href"]) or page_wording.NO_WAY_ON.search(text) or self.corrects(raw)
        new = not self._stood_before(raw["text"]) and len(text) > 1 and plain_chinese.length(text) <= 20
        return int(1 + 8 * raw["above"]) if new and not (away or _lures(text)) else 0

    def tries_again(self, raw: dict[str, Any]) -> int:
        """Rank what asks once more for a fee that the network did not bring."""
        text = plain_chinese.simplified(raw["text"]).strip()
        away = self.recorder.third(raw["href"]) or raw["href"].startswith("tel:")
        return int(bool(_TRIES_AGAIN.search(text)) and not away)

    def corrects(self, raw: dict[str, Any]) -> int:
        """Rank what leads from the fee back to the plate, as for one that was typed wrongly."""
        text = plain_chinese.simplified(raw["text"]).strip()
        away = raw["href"].startswith(("tel:", "mailto:")) or self.recorder.third(raw["href"])
        if away or plain_chinese.length(text) > 16 or not (found := _CORRECTS.search(text)):
            return 0
        return 2 if found["plate"] else 1

    def kind_of_plate(self, raw: dict[str, Any]) -> int:
        """Rank the kinds of plate that an answer asks for: two cars may have the same number."""
        return int(names_plate_kind(raw["text"]) and raw["text"] not in self._known())

    def which_car(self, raw: dict[str, Any]) -> int:
        """Rank the rows of an answer that asks which car it is, by the signs of the plate that each shows."""
        away = self.recorder.third(raw["href"]) or raw["href"].startswith("tel:")
        if away or self._stood_before(raw["text"]) or page_wording.is_pay(raw["text"]):
            return 0
        plates = map(bare_plate, PLATE_NEARBY.findall(plain_chinese.simplified(raw["text"])))
        return max((_signs_shown(shown, self.recorder.canary.plate) for shown in plates), default=0)

    def says_right(self, raw: dict[str, Any]) -> int:
        """Rank what says that the plate is right, where a page of its own asks that before the fee."""
        text = plain_chinese.simplified(raw["text"]).strip()
        away = self.recorder.third(raw["href"]) or page_wording.is_pay(text) or _lures(text)
        return int(bool(_RIGHT.search(text)) and not (away or raw["text"] in self._known()))

    def _stood_before(self, words: str) -> bool:
        """Return whether something could be pressed before the look-up, if with less of the plate in it."""
        plate = self.recorder.canary.plate
        shorter = {words.replace(plate, plate[:signs]) for signs in range(1, len(plate) + 1)}
        return not shorter.isdisjoint(self._known())

    def _known(self) -> set[str]:
        """Return the words of what could be pressed before the look-up."""
        arrived = (s for s in self.recorder.visit.screens if s.phase in BEFORE_SUBMIT)
        return {control.text for screen in arrived for control in screen.controls}

    def onward(self, raw: dict[str, Any]) -> int:
        """Prefer what lies on top: that is what a driver sees now. Nothing that joins or buys is pressed."""
        text = plain_chinese.simplified(raw["text"]).strip()
        if _lures(text):
            return 0
        bill = self.recorder.visit.last(Phase.SUBMIT)
        new = 30 * (bill is not None and raw["text"] not in {control.text for control in bill.controls})
        if rank := self.pay(raw):
            return int(rank + 10 + new + 50 * raw["above"])
        go_on = page_wording.GO_ON.search(text) and plain_chinese.length(text) <= 12
        return int(5 + new + 50 * raw["above"]) if go_on and not raw["href"].startswith("tel:") else 0

    def plate(self, raw: dict[str, Any]) -> int:
        """Rank what asks for the plate and is no field: touched, it may draw keys."""
        text = plain_chinese.simplified(raw["text"]).strip()
        asks = page_wording.ASKS_PLATE.search(text) and not raw["href"].startswith("http")
        return int(bool(asks) and len(text) <= 40)

    def way_to_plate(self, raw: dict[str, Any]) -> int:
        """Rank what leads on from a first page that has no place for the plate."""
        text = plain_chinese.simplified(raw["text"]).strip()
        if _lures(text) or self.recorder.third(raw["href"]):
            return 0
        if len(text) <= 1 or plain_chinese.length(text) > 16:
            return 0
        if raw["href"].startswith(("tel:", "mailto:")) or page_wording.EXPLAINS.search(text):
            return 0
        if page_wording.AMOUNT.search(text) or self._owed():
            return 0  # the car is known, as at an exit: what is pressed there pays
        pays, leads = page_wording.is_pay(text), page_wording.LEADS_ON.search(text)
        may_lead = page_wording.LOOK_UP.search(text) or names_place(text)  # one of several car parks
        return int(3 * bool(pays) + 2 * bool(leads) + bool(may_lead))

    def _owed(self) -> bool:
        """Return whether the page that stands there already shows what is to be paid."""
        screens = self.recorder.visit.screens[-1:]
        return any(page_wording.owes(plain_chinese.simplified(screen.text)) for screen in screens)

    def deletes(self, raw: dict[str, Any]) -> int:
        """Rank the key that takes the last sign away."""
        text = plain_chinese.simplified(raw["text"])
        return int(bool(page_wording.DELETES.search(text)) and not raw["href"])

    def turns_keys(self, raw: dict[str, Any]) -> int:
        """Rank what shows further keys of the page's own keyboard."""
        text = plain_chinese.simplified(raw["text"]).strip()
        return int(len(text) > 1 and bool(page_wording.OTHER_KEYS.search(text)) and not raw["href"])

    def other_keyboard(self, raw: dict[str, Any]) -> int:
        """Rank what changes from the page's own keyboard to the phone's."""
        text = plain_chinese.simplified(raw["text"]).strip()
        return int(bool(page_wording.OTHER_KEYBOARD.search(text)) and len(text) <= 20 and not _lures(text))


def _signs_shown(shown: str, plate: str) -> int:
    """Return how many signs of a plate stand where some are starred out; 0: it is another plate."""
    fits = len(shown) == len(plate) and all(
        sign in {"*", own} for sign, own in zip(shown, plate, strict=True)
    )
    return fits * sum(sign != "*" for sign in shown)


def _lures(text: str) -> bool:
    return bool(prompt_wording.lures(text) or prompt_wording.prompt_of_control(text))
