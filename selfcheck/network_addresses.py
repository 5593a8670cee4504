"""Which network addresses the self-check may talk to. No Django.

It opens addresses that strangers put on signs, from inside an operator's network. So a name is resolved
once, by us, each of its addresses must be public, and the connection goes to that very address: a name that
answers differently the second time (DNS rebinding) gains nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from selfcheck.check_errors import SelfCheckError

PORTS = frozenset({80, 443, 8080, 8443})  # what a page may reasonably listen on


class Refused(SelfCheckError):
    """An address that must not be asked: private, reserved, or a port that is not the web's."""

    code = "address_refused"


class Unresolved(SelfCheckError):
    code = "name_unknown"


@dataclass(frozen=True)
class Destination:
    """Where a name leads: the address to connect to, and what the name is an alias of."""

    address: str
    port: int
    canonical: str = ""


type Resolve = Callable[[str, int], Awaitable[Destination]]


# Prefixes that carry an IPv4 address in their last 32 bits: NAT64, its local form, and two retired ones.
CARRIERS = tuple(ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))
NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "fec0::/10",  # site-local, retired, which `is_global` takes for public
        "64:ff9b:1::/48",  # NAT64 within an organisation
        "192.88.99.0/24",  # relays of 6to4, retired
        "::/96",  # IPv4-compatible, retired
    )
)


def is_public(address: str) -> bool:
    """Return whether an address is one of the public internet; IPv4 inside IPv6 is looked through."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _inside(ip) if isinstance(ip, ipaddress.IPv6Address) else None
    if inner is not None and not is_public(str(inner)):
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return is_public(str(ip.ipv4_mapped))
    if any(ip.version == net.version and ip in net for net in NEVER):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _inside(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to, if it carries one."""
    inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if inner is None and any(ip in net for net in CARRIERS):
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if inner is None and (int(ip) >> 32) & 0xFFFF == 0x5EFE:  # ISATAP
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return inner


def guarded(*, allow_private: bool = False) -> Resolve:
    """Return how names are resolved: all their addresses must be public, unless private ones are allowed."""

    async def resolve(host: str, port: int) -> Destination:
        if not allow_private and port not in PORTS:
            raise Refused
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
        except (OSError, UnicodeError):
            raise Unresolved from None
        addresses = [str(row[4][0]) for row in found]
        if not addresses or not (allow_private or all(map(is_public, addresses))):
            raise Refused
        canonical = next((row[3] for row in found if row[3]), "").rstrip(".").lower()
        return Destination(addresses[0], port, "" if canonical == host.lower() else canonical)

    return resolve
