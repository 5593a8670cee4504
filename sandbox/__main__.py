"""`python -m sandbox` starts the simulated payment channels for demo and tests.

`python -m sandbox keys DIR` creates the keys of the simulated merchants and channels, and
`merchants.json`, which the product reads as MERCHANTS_FILE; existing keys stay.
"""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.alipay.alipay_endpoint import AlipayGateway
from sandbox.alipay.alipay_notifier import AlipayNoticeFormat
from sandbox.channel import SandboxChannel
from sandbox.control import SandboxControl
from sandbox.faults import Faults
from sandbox.gateway import ChannelGateway
from sandbox.notifier import NoticeFormat, NoticeSender
from sandbox.scheduler import Scheduler
from sandbox.server import ChannelServer, SandboxHandler
from sandbox.simulated_merchants import open_merchants
from sandbox.store import Store
from sandbox.wechat.wechat_endpoint import WechatGateway
from sandbox.wechat.wechat_notifier import WechatNoticeFormat

REFUND_SECONDS = 2


class StartError(Exception):
    """The sandbox must not or cannot start. The message is the reason in one line."""


def refuse_production(environ: Mapping[str, str]) -> None:
    """Raise `StartError` next to real money, where parking would be free."""
    if environ.get("PURECODE_PRODUCTION", "").lower() in {"1", "true", "yes", "on"}:
        raise StartError("PURECODE_PRODUCTION is set; the sandbox does not run in production")
    if has_real_merchants(environ):
        raise StartError("MERCHANTS names a real merchant; the sandbox does not run next to one")


def has_real_merchants(environ: Mapping[str, str]) -> bool:
    """Return whether MERCHANTS in this environment has a merchant without `"sandbox": true`."""
    try:
        path = environ.get("MERCHANTS_FILE")
        text = Path(path).read_text(encoding="utf-8") if path else environ.get("MERCHANTS") or "[]"
        return any(entry.get("sandbox") is not True for entry in json.loads(text))
    except (OSError, ValueError, AttributeError, TypeError):
        return True  # unreadable: assume real money


def parse_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "sandbox", description="Simulated payment channels for demo and tests. No money moves."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8181, help="0 selects a free port")
    parser.add_argument("--public-url", help="URL of the cashier for browsers (default: host and port)")
    parser.add_argument("--state", type=Path, help="JSON file that stores orders across restarts")
    parser.add_argument(
        "--keys", type=Path, required=True, help="folder of the merchants' keys; missing ones are created"
    )
    parser.add_argument("--late", type=float, default=15, help="seconds until a late payment arrives")
    parser.add_argument("--time-scale", type=float, default=1, help="factor for all waiting times")
    parser.add_argument(
        "--control", action="store_true", help="let anyone who can connect set faults and pay orders"
    )
    return parser.parse_args(arguments)


def build(options: argparse.Namespace) -> ChannelServer:
    try:
        store = Store(options.state)
    except OSError as error:
        raise StartError(f"the file given with --state cannot be written ({error.strerror})") from None
    except (ValueError, TypeError, KeyError):
        raise StartError("the file given with --state is damaged; move it away to start empty") from None
    try:
        wechat_keys, alipay_keys = open_merchants(options.keys)
    except OSError as error:
        raise StartError(f"the folder given with --keys cannot be used ({error.strerror})") from None
    faults, scheduler = Faults(), Scheduler()
    formats: dict[str, NoticeFormat] = {
        "wechat": WechatNoticeFormat(wechat_keys, faults),
        "alipay": AlipayNoticeFormat(alipay_keys, store, faults),
    }
    notices = NoticeSender(formats, faults, scheduler, options.time_scale)
    late, refund = options.late * options.time_scale, REFUND_SECONDS * options.time_scale
    channel = SandboxChannel(store, faults, scheduler, notices, late, refund)
    gateways: tuple[ChannelGateway, ...] = (
        WechatGateway(wechat_keys, channel, faults, notices, options.time_scale),
        AlipayGateway(alipay_keys, channel, faults, notices, options.time_scale),
    )
    control = SandboxControl(channel, faults) if options.control else None
    handler = type(
        "BoundHandler", (SandboxHandler,), {"channel": channel, "gateways": gateways, "control": control}
    )
    try:
        server = ChannelServer((options.host, options.port), handler)
    except OSError as error:
        raise StartError(f"cannot listen on this address ({error.strerror})") from None
    host = "127.0.0.1" if options.host in {"", "0.0.0.0"} else options.host  # noqa: S104 - a comparison
    for gateway in gateways:
        gateway.api_url = f"http://{host}:{server.server_port}"
        gateway.public_url = (options.public_url or gateway.api_url).rstrip("/")
    return server


def create_keys(arguments: list[str]) -> int:
    """Create the keys of the simulated merchants and `merchants.json`: `python -m sandbox keys DIR`."""
    parser = argparse.ArgumentParser(
        "sandbox keys", description="Create the keys of the simulated merchants."
    )
    parser.add_argument("folder", type=Path)
    open_merchants(parser.parse_args(arguments).folder)
    return 0


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["keys"]:
        return create_keys(arguments[1:])
    try:
        refuse_production(os.environ)
        server = build(parse_options(arguments))
    except StartError as reason:
        print(f"sandbox: {reason}", file=sys.stderr)
        return 2
    print(f"sandbox: ready on port {server.server_port}; no money moves", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
