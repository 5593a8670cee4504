"""WeChat Pay v3 (微信支付): JSAPI, H5 and Native, as a direct merchant or a partner's sub-merchant."""

from payments.providers.wechat.config import WechatConfig
from payments.providers.wechat.provider import WechatProvider

__all__ = ["WechatConfig", "WechatProvider"]
