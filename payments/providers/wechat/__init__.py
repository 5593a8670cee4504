"""WeChat Pay v3 (微信支付): JSAPI, H5 and Native, as a direct merchant or a partner's sub-merchant."""

from payments.providers.wechat.wechat_config import WechatConfig
from payments.providers.wechat.wechat_provider import WechatProvider

__all__ = ["WechatConfig", "WechatProvider"]
