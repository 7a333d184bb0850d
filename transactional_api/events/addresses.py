"""Where a webhook may go: addresses of the public internet, and what the operator has allowed beside them.

A name is resolved once, every address that it has must be allowed, and the connection goes to the address that was
checked, so that a name cannot mean another machine a moment later. Certificates are still checked against the name.
"""

import re
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import httpcore

from transactional_api.kit.errors import ValueRefused

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], list[str]]
MAX_URL = 2000
# What `is_global` of the standard library lets pass, or did in some version of it.
_NEVER_V4 = tuple(
    IPv4Network(network)
    for network in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "224.0.0.0/3")
)
# Only 2000::/3 is given out. Within it: Teredo and other special uses, documentation, 6to4, and SRv6 identifiers.
_GIVEN_OUT_V6 = IPv6Network("2000::/3")
_NEVER_V6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\Z")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")


class WebhookUrlRefused(ValueRefused):
    """Not an address that a webhook may have."""

    title = "The URL is not acceptable"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, "url")


class AddressRefused(httpcore.ConnectError):
    """The name leads to an address that webhooks do not go to."""


@dataclass(frozen=True)
class Allowed:
    """What the operator allows beside public addresses: names as they stand in a URL, and networks."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, listed: str) -> "Allowed":
        """From a comma list such as `n8n.internal, 10.0.0.0/8`."""
        hosts, networks = set(), []
        for one in filter(None, (part.strip().lower() for part in listed.split(","))):
            try:
                networks.append(ip_network(one))
            except ValueError:
                hosts.add(one)
        return cls(frozenset(hosts), tuple(networks))

    def has(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self.networks)


def check_url(url: str, allowed: Allowed) -> None:
    """What can be said without asking any name server. Raises WebhookUrlRefused."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise WebhookUrlRefused(f"a URL has at most {MAX_URL} printable ASCII characters and no blanks or backslashes")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise WebhookUrlRefused("this is not a URL") from None
    if parts.scheme not in ("http", "https"):
        raise WebhookUrlRefused("webhooks go to http:// and https:// only")
    if "@" in parts.netloc:
        raise WebhookUrlRefused("a webhook's URL carries no user name and no password")
    if parts.fragment or not host or port == 0:
        raise WebhookUrlRefused("a webhook's URL has a host, no fragment, and a port from 1 to 65535 if any")
    if host in allowed.hosts:
        return
    literal = _literal(host)
    if literal is not None and not allowed.has(literal) and (reason := refusal(literal)):
        raise WebhookUrlRefused(f"webhooks do not go to {reason} addresses")
    if literal is None and f".{host.removesuffix('.')}".endswith((".localhost", ".local", ".internal")):
        raise WebhookUrlRefused("webhooks do not go to this machine or this network")


def refusal(address: Address) -> str | None:
    """Why webhooks do not go there, in a word; None for an address of the public internet.

    Forms of IPv6 that carry an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64) are refused whatever they carry.
    """
    if isinstance(address, IPv6Address):
        if address.is_loopback:
            return "loopback"
        if address not in _GIVEN_OUT_V6 or any(address in network for network in _NEVER_V6):
            return "multicast" if address.is_multicast else "special IPv6"
        return None if address.is_global else "special IPv6"
    for word in ("loopback", "link_local", "multicast", "unspecified"):
        if getattr(address, f"is_{word}"):
            return word.replace("_", "-")
    if not address.is_global or any(address in network for network in _NEVER_V4):
        return "private or reserved"
    return None


def pick(host: str, answers: Iterable[str], allowed: Allowed) -> str:
    """The first address of a name, if webhooks go to all that it has. Raises AddressRefused."""
    addresses = [ip_address(answer.partition("%")[0]) for answer in answers]
    if not addresses:
        raise AddressRefused("no-address")
    for address in addresses:
        if host.lower() not in allowed.hosts and not allowed.has(address) and (reason := refusal(address)):
            raise AddressRefused(reason)
    return str(addresses[0])


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, as this machine sees it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError("name") from error
    return [str(entry[4][0]) for entry in found]


class PinnedBackend(httpcore.NetworkBackend):
    """Connects to checked addresses only, and gives every wait no more than what is left until `deadline`.

    `deadline` is on the monotonic clock and is moved by the caller before each request.
    """

    def __init__(self, allowed: Allowed, resolver: Resolver = resolve) -> None:
        self.deadline = 0.0
        self._allowed = allowed
        self._resolver = resolver
        self._real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        address = pick(host, self._resolver(host, port), self._allowed)
        stream = self._real.connect_tcp(address, port, self._left(timeout), local_address, socket_options)
        return _Timed(stream, self._left)

    def _left(self, timeout: float | None) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for this request is over")
        return left if timeout is None else min(left, timeout)


class _Timed(httpcore.NetworkStream):
    """A stream on which somebody who answers drop by drop gains no time."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[float | None], float]) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, self._left(timeout)), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _literal(host: str) -> Address | None:
    """The address that a host is; None for a name. Raises WebhookUrlRefused for what is neither.

    The forms that some resolvers read as addresses (one decimal number, octal or hexadecimal parts) are neither.
    """
    try:
        return ip_address(host)
    except ValueError:
        pass
    if not _HOST.fullmatch(host.removesuffix(".")) or _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]):
        raise WebhookUrlRefused("the host is neither a name nor an address in its usual form")
    return None
