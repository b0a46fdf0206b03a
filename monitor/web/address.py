"""Where a request comes from, by the connection or, behind a proxy, by what the proxy says."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from starlette.requests import Request

if TYPE_CHECKING:
    from monitor.ward.page import PageSettings

_UNKNOWN = "unknown"


def address_of(request: Request, settings: PageSettings) -> str:
    """The address that logins are counted for: an IPv6 network of 64 bits counts as one.

    Behind a proxy the last entry of X-Forwarded-For is its own word; what stands before it anybody may have written.
    """
    said = _UNKNOWN if request.client is None else request.client.host
    if settings.behind_proxy:
        said = request.headers.get("x-forwarded-for", said).rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(said)
    except ValueError:
        return _UNKNOWN
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def is_secure(request: Request, settings: PageSettings) -> bool:
    """Whether the browser speaks TLS, with us or with the proxy."""
    if settings.behind_proxy:
        return request.headers.get("x-forwarded-proto", "https").rpartition(",")[2].strip() != "http"
    return request.url.scheme == "https"


def own_host(request: Request, settings: PageSettings) -> str:
    """Host and port as the browser wrote them."""
    host = request.headers.get("host", "")
    return (request.headers.get("x-forwarded-host", host) if settings.behind_proxy else host).strip().lower()
