"""RSA2 and nothing else, over sorted parameters."""

import base64
import random

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import MD5, SHA1, SHA256, SHA512, HashAlgorithm
from hypothesis import given
from hypothesis import strategies as st

from payments.providers.alipay import alipay_signing
from tests.payments.providers.alipay.made import ALIPAYS, OURS, sign

PARAMETERS = st.dictionaries(st.text("abcdefgh_", min_size=1, max_size=9), st.text(max_size=20), max_size=8)


@given(PARAMETERS, st.randoms())
def test_parameter_order_is_irrelevant(parameters: dict[str, str], dice: random.Random) -> None:
    pairs = list(parameters.items())
    dice.shuffle(pairs)
    assert alipay_signing.request_text(dict(pairs)) == alipay_signing.request_text(parameters)
    assert alipay_signing.notice_text(dict(pairs)) == alipay_signing.notice_text(parameters)


def test_request_text_omits_empty_parameters() -> None:
    values = {"b": "2=&", "a": "停", "c": "", "sign": "x", "sign_type": "RSA2"}
    assert alipay_signing.request_text(values) == "a=停&b=2=&&sign_type=RSA2"


def test_notice_text_omits_signature_fields() -> None:
    values = {"b": "2", "a": "1", "c": "", "sign": "x", "sign_type": "RSA2"}
    assert alipay_signing.notice_text(values) == "a=1&b=2&c="


@given(st.text(max_size=40))
def test_signature_verifies_only_exact_text(text: str) -> None:
    signature = alipay_signing.sign(OURS, text)
    assert alipay_signing.is_signed(OURS.public_key(), text, signature)
    assert not alipay_signing.is_signed(OURS.public_key(), text + " ", signature)
    assert not alipay_signing.is_signed(ALIPAYS.public_key(), text, signature)


@pytest.mark.parametrize("kind", [SHA1(), MD5(), SHA512()], ids=lambda kind: kind.name)
def test_another_hash_is_refused(kind: HashAlgorithm) -> None:
    assert not alipay_signing.is_signed(OURS.public_key(), "text", sign(OURS, "text", kind))


def test_another_padding_is_refused() -> None:
    pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.MAX_LENGTH)
    signature = base64.b64encode(OURS.sign(b"text", pss, SHA256())).decode()
    assert not alipay_signing.is_signed(OURS.public_key(), "text", signature)


def test_a_signature_is_strict_base64() -> None:
    good = alipay_signing.sign(OURS, "text")
    for bad in (None, 1, "", good[:-1], good + "\n", " " + good, good.replace("=", ""), "é" * 344, good * 9):
        assert not alipay_signing.is_signed(OURS.public_key(), "text", bad)
