"""`python -m sandbox`: start the payment channel that plays for demo and tests.

`python -m sandbox keys DIR` makes the keys with which it plays the real channels; keys that are there stay.
"""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.alipay.gateway import AlipayGateway
from sandbox.alipay.keys import open_alipay_keys
from sandbox.alipay.voice import AlipayVoice
from sandbox.channel import Channel
from sandbox.faults import Faults
from sandbox.gateway import Gateway
from sandbox.later import Later
from sandbox.notices import JsonVoice, Notices, Voice
from sandbox.server import Desk, Handler, Server
from sandbox.store import Store
from sandbox.wechat.gateway import WechatGateway
from sandbox.wechat.keys import open_keys
from sandbox.wechat.voice import WechatVoice

REFUND_SECONDS = 2


class Unusable(Exception):
    """The sandbox must not or cannot start; the text says why in one line."""


def read_key(environ: Mapping[str, str]) -> bytes:
    """Return SANDBOX_KEY, or stop: beside real money, or without a key, it is a way to park for nothing."""
    if environ.get("PURECODE_PRODUCTION", "").lower() in {"1", "true", "yes", "on"}:
        raise Unusable("PURECODE_PRODUCTION is set; a sandbox does not run in production")
    if has_real_merchants(environ):
        raise Unusable("MERCHANTS names a real merchant; a sandbox does not run beside one")
    try:
        path = environ.get("SANDBOX_KEY_FILE")
        digits = Path(path).read_text(encoding="ascii").strip() if path else environ.get("SANDBOX_KEY", "")
        key = bytes.fromhex(digits)
    except (OSError, ValueError):
        key = b""
    if len(key) != 32:
        raise Unusable("SANDBOX_KEY (or SANDBOX_KEY_FILE) must hold 64 hexadecimal digits")
    return key


def has_real_merchants(environ: Mapping[str, str]) -> bool:
    """Say whether the product's settings in this environment hold a merchant who takes real money."""
    try:
        path = environ.get("MERCHANTS_FILE")
        text = Path(path).read_text(encoding="utf-8") if path else environ.get("MERCHANTS") or "[]"
        return any(entry.get("sandbox") is not True for entry in json.loads(text))
    except (OSError, ValueError, AttributeError, TypeError):
        return True  # not readable: better no sandbox than one beside real money


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "sandbox", description="A payment channel for demo and tests. No money moves."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8181, help="0 takes a free one")
    parser.add_argument("--public-url", help="where browsers find the cashier (default: host and port)")
    parser.add_argument("--state", type=Path, help="keep orders in this JSON file over a restart")
    parser.add_argument(
        "--keys", type=Path, help="speak WeChat Pay and Alipay too, with the keys in this folder"
    )
    parser.add_argument("--late", type=float, default=15, help="seconds until late money lands")
    parser.add_argument("--time-scale", type=float, default=1, help="multiplies every waiting time")
    return parser.parse_args(arguments)


def build(chosen: argparse.Namespace, key: bytes) -> Server:
    try:
        store = Store(chosen.state)
    except OSError as error:
        raise Unusable(f"the file given with --state cannot be kept ({error.strerror})") from None
    except (ValueError, TypeError, KeyError):
        raise Unusable("the file given with --state is damaged; move it away to begin anew") from None
    faults, later = Faults(), Later()
    voices: dict[str, Voice] = {"sandbox": JsonVoice(key, faults)}
    wechat_keys = open_keys(chosen.keys / "wechat") if chosen.keys else None
    if wechat_keys:
        voices["wechat"] = WechatVoice(wechat_keys, faults)
    alipay_keys = open_alipay_keys(chosen.keys / "alipay") if chosen.keys else None
    if alipay_keys:
        voices["alipay"] = AlipayVoice(alipay_keys, store, faults)
    notices = Notices(voices, faults, later, chosen.time_scale)
    late, refund = chosen.late * chosen.time_scale, REFUND_SECONDS * chosen.time_scale
    channel = Channel(store, faults, later, notices, late, refund)
    desk = Desk(channel, faults, notices)
    gateways: tuple[Gateway, ...] = ()
    if wechat_keys:
        gateways = (*gateways, WechatGateway(wechat_keys, channel, faults, notices, chosen.time_scale))
    if alipay_keys:
        gateways = (*gateways, AlipayGateway(alipay_keys, channel, faults, notices, chosen.time_scale))
    handler = type("BoundHandler", (Handler,), {"desk": desk, "key": key, "gateways": gateways})
    try:
        server = Server((chosen.host, chosen.port), handler)
    except OSError as error:
        raise Unusable(f"cannot listen there ({error.strerror})") from None
    host = "127.0.0.1" if chosen.host in {"", "0.0.0.0"} else chosen.host  # noqa: S104 - a comparison
    public_url = (chosen.public_url or f"http://{host}:{server.server_port}").rstrip("/")
    desk.public_url = public_url
    for gateway in gateways:
        gateway.public_url = public_url
    return server


def make_all_keys(arguments: list[str]) -> int:
    """`python -m sandbox keys DIR`: make the keys that the sandbox and the product share."""
    parser = argparse.ArgumentParser("sandbox keys", description="Make the keys of the made-up merchants.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    open_keys(folder / "wechat")
    open_alipay_keys(folder / "alipay")
    return 0


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["keys"]:
        return make_all_keys(arguments[1:])
    try:
        server = build(options(arguments), read_key(os.environ))
    except Unusable as reason:
        print(f"sandbox: {reason}", file=sys.stderr)
        return 2
    print(f"sandbox: ready on port {server.server_port}; no money moves", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
