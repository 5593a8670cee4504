"""Alipay (支付宝) in public-key mode: wap pages for phones, codes for screens, refunds, notices, bills."""

from payments.providers.alipay.alipay_config import AlipayConfig, AlipayMisconfigured
from payments.providers.alipay.alipay_provider import AlipayProvider

__all__ = ["AlipayConfig", "AlipayMisconfigured", "AlipayProvider"]
