"""Alipay (支付宝) in public-key mode: wap pages for phones, codes for screens, refunds, notices, bills."""

from payments.providers.alipay.config import AlipayConfig, AlipayMisconfigured
from payments.providers.alipay.provider import AlipayProvider

__all__ = ["AlipayConfig", "AlipayMisconfigured", "AlipayProvider"]
