"""Which network a visitor's address belongs to: what a budget counts as one client."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

ONE_CLIENT, ONE_NETWORK = 64, 48  # bits of an IPv6 address
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")  # the one spelling, which most addresses have


@dataclass(frozen=True)
class Client:
    """`name` is an IPv4 address or an IPv6 /64; `network` is the /48 around it, "" for IPv4.

    A provider gives every customer a /64 at least, so single IPv6 addresses are free for an attacker. Many
    hosters give a /48, which holds 65,536 of them.
    """

    name: str
    network: str = ""


def client_from(address: str) -> Client:
    """Return the client of an address. All that cannot be read is one client, "unknown"."""
    if _IPV4.fullmatch(address):
        return Client(address)
    try:
        ip = ip_address(_without_port(address.strip()).partition("%")[0])
    except ValueError:
        return Client("unknown")
    if isinstance(ip, IPv4Address):
        return Client(str(ip))
    if ip.ipv4_mapped is not None:  # how a dual-stack socket writes an IPv4 address
        return Client(str(ip.ipv4_mapped))
    return Client(_prefix(ip, ONE_CLIENT), _prefix(ip, ONE_NETWORK))


def _without_port(address: str) -> str:
    """Return an address without its port: some proxies forward `192.0.2.1:5678` and `[2001:db8::1]:5678`."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _prefix(address: IPv6Address, bits: int) -> str:
    return str(ip_network((int(address), bits), strict=False))
