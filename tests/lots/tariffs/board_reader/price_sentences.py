"""Sentences that state what a time costs: units, amounts and free times, of all day or of one period."""

import re

from tests.lots.tariffs.board_reader.board_values import ENDLESS, Price
from tests.lots.tariffs.board_reader.words import TIME, YUAN, fen, minutes, unit


def price_sentence(period, text):
    """Add the price of a sentence to a period; False if the sentence is no price."""
    per = rf"每 ?(?P<unit>小时|分钟|{TIME}) {YUAN}。"
    known = [
        (per, lambda m: Price(0, ENDLESS, unit(m["unit"]), fen(m))),
        (rf"(每次|按停放所跨天数，每天) {YUAN}。", lambda m: Price(0, ENDLESS, 0, fen(m))),
        (
            rf"每 (?P<h>\d+) 小时 {YUAN}，不足 (?P=h) 小时的按 (?P=h) 小时计。",
            lambda m: Price(0, ENDLESS, 0, fen(m)),
        ),
        (r"免费。|免费停放。|其余时间免费。", lambda _: Price(0, ENDLESS, 0, 0)),
        (rf"前 (?P<b>{TIME})：免费。", lambda m: Price(0, minutes(m["b"]), 0, 0)),
        (rf"(?P<a>{TIME})至 (?P<b>{TIME})：免费。", lambda m: Price(minutes(m["a"]), minutes(m["b"]), 0, 0)),
        (rf"(?P<a>{TIME})之后：免费。", lambda m: Price(minutes(m["a"]), ENDLESS, 0, 0)),
        (rf"前 (?P<b>{TIME})：{per}", lambda m: Price(0, minutes(m["b"]), unit(m["unit"]), fen(m))),
        (rf"前 (?P<b>{TIME})：共 {YUAN}。", lambda m: Price(0, minutes(m["b"]), 0, fen(m))),
        (
            rf"(?P<a>{TIME})至 (?P<b>{TIME})：{per}",
            lambda m: Price(minutes(m["a"]), minutes(m["b"]), unit(m["unit"]), fen(m)),
        ),
        (
            rf"(?P<a>{TIME})至 (?P<b>{TIME})：另收 {YUAN}。",
            lambda m: Price(minutes(m["a"]), minutes(m["b"]), 0, fen(m)),
        ),
        (
            rf"(?P<a>{TIME})至 (?P<b>{TIME})：共 {YUAN}。",
            lambda m: Price(minutes(m["a"]), minutes(m["b"]), 0, fen(m) - amounts(period)),
        ),
        (
            rf"(?P<a>{TIME})之后：共 {YUAN}。",
            lambda m: Price(minutes(m["a"]), ENDLESS, 0, fen(m) - amounts(period)),
        ),
        (rf"(?P<a>{TIME})之后：{per}", lambda m: Price(minutes(m["a"]), ENDLESS, unit(m["unit"]), fen(m))),
        (rf"(?P<a>{TIME})之后：另收 {YUAN}。", lambda m: Price(minutes(m["a"]), ENDLESS, 0, fen(m))),
        (
            rf"(?P<how>超过|满) (?P<a>{TIME})至 (?P<b>{TIME})：共收 {YUAN}。",
            lambda m: Price(
                minutes(m["a"]), minutes(m["b"]), 0, fen(m), instead=True, reached=m["how"] == "满"
            ),
        ),
        (rf"超过 (?P<a>{TIME})：共收 {YUAN}。", lambda m: Price(minutes(m["a"]), ENDLESS, 0, fen(m), True)),
        (
            rf"满 (?P<a>{TIME})：共收 {YUAN}。",
            lambda m: Price(minutes(m["a"]), ENDLESS, 0, fen(m), instead=True, reached=True),
        ),
    ]
    for pattern, made in known:
        if match := re.fullmatch(pattern, text):
            period.prices.append(made(match))
            return True
    if match := re.fullmatch(rf"整次停车只收一次 {YUAN}。", text):
        period.prices.append(Price(0, ENDLESS, 0, fen(match)))
        period.once = True
        return True
    if match := re.fullmatch(rf"(每天)?最高 {YUAN}。", text):
        period.cap = fen(match)
        return True
    return False


def amounts(period):
    """Return what the prices so far come to, each of which is one amount."""
    assert not any(price.unit for price in period.prices)
    return sum(price.fen for price in period.prices)
