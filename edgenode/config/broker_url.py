"""The grammar of ``mqtt.url``: what it may be, and what is wrong with one that is not.

``mqtt://`` and ``mqtts://`` (TLS) are followed by HOST[:PORT], ``ws://`` and ``wss://`` (MQTT in
WebSockets) by HOST[:PORT][/PATH], the path being ``/mqtt`` if there is none. An IPv6 address stands
in brackets; a link-local one has the interface behind it, ``[fe80::1%eth0]``, also as RFC 6874
writes it (``%25eth0``).
"""

import ipaddress
import re
from urllib.parse import unquote

import msgspec

WORDS = "mqtt://HOST:PORT, mqtts://HOST:PORT (TLS), ws:// or wss://HOST:PORT/PATH"
PATTERN = (
    r"(mqtts?|wss?)://([^/@:?#%\s\[\]]+|\[[0-9a-fA-F:.]+(%(25)?[A-Za-z0-9._~-]+)?\])"
    r"(:[0-9]{1,5})?(/[^?#\s@]*)?"
)
PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
USUAL_PATH = "/mqtt"
"""Where most brokers have their WebSockets; mosquitto takes any path."""

_MEANT = {"tcp": "mqtt", "ssl": "mqtts", "tls": "mqtts", "http": "ws", "https": "wss"}
_PARTS = re.compile(
    r"(?P<scheme>[a-z]+)://(?P<host>\[[^\[\]]*\]|[^\[\]:/?#]*)(?P<port>:[^/?#]*)?(?P<path>.*)",
    re.DOTALL,
)


class BrokerUrl(msgspec.Struct, frozen=True):
    """The parts of a URL; *path* is empty but for WebSockets."""

    scheme: str
    host: str
    port: int
    path: str


def problem(url: str) -> str:
    """Return what is wrong with *url* and the cure, without a secret; empty if it is right."""
    scheme, mark, rest = url.partition("://")
    if not url.strip():
        return f"is empty; write {WORDS}"
    if url != url.strip() or re.search(r"[\s\x00-\x1f\x7f]", url):
        return "has a space or a line end in it; remove it"
    if not mark:
        return f"has no mqtt:// before it; write {WORDS}"
    if scheme not in PORTS:
        meant = _MEANT.get(scheme.lower(), scheme.lower())
        hint = f"; write {meant}://" if meant in PORTS else ""
        return f"begins with {scheme}://{hint}; the schemes are mqtt, mqtts (TLS), ws and wss"
    if "@" in rest:
        return "names a user; remove all before the @, and use mqtt.username and mqtt.password_file"
    return _problem_behind(scheme, rest)


def split(url: str) -> BrokerUrl:
    """Return the parts of *url*, with which there is no ``problem``."""
    found = _match(url)
    scheme, port = found["scheme"], found["port"]
    return BrokerUrl(
        scheme=scheme,
        host=_bare(found["host"]),
        port=int(port[1:]) if port else PORTS[scheme],
        path=(found["path"] or USUAL_PATH) if scheme in ("ws", "wss") else "",
    )


def _match(url: str) -> re.Match[str]:
    found = _PARTS.match(url)
    if found is None:
        raise ValueError(f"{url!r} has a problem, which was not asked for")
    return found


def _problem_behind(scheme: str, rest: str) -> str:
    """Return what is wrong with the *rest* behind the scheme."""
    place = re.split("[/?#]", rest, maxsplit=1)[0]
    if re.search(r"[\[\]]", place) and not re.match(r"\[[^\[\]]*\](:|\Z)", place):
        return f"has brackets that are no pair around an IPv6 address; write {scheme}://[::1]:PORT"
    if place.count(":") > 1 and not place.startswith("["):
        return f"has an IPv6 address without brackets, or two ports; write {scheme}://[::1]:PORT"
    found = _match(f"{scheme}://{rest}")
    path = found["path"]
    if not found["host"]:
        return f"names no host; write {scheme}://HOST:PORT"
    if "?" in path or "#" in path:
        return "has a ? or a # in it; remove it and all behind it"
    if path not in ("", "/") and scheme in ("mqtt", "mqtts"):
        return f"has a path, which only ws:// and wss:// take; remove {path!r}"
    return _problem_of_host(found["host"]) or _problem_of_port(found["port"], PORTS[scheme])


def _problem_of_host(host: str) -> str:
    if not host.startswith("["):
        return "has a % in the name of its host; write the name as it is" if "%" in host else ""
    try:
        ipaddress.IPv6Address(_bare(host))
    except ValueError:
        return f"has no IPv6 address in its brackets but {host[1:-1]!r}; write it like [fe80::1]"
    return ""


def _problem_of_port(port: str | None, usual: int) -> str:
    # Not isdigit(), which takes digits of all scripts.
    if port is None or (re.fullmatch(":[0-9]{1,5}", port) and 0 < int(port[1:]) < 1 << 16):
        return ""
    return f"has the port {port[1:]!r}; write a number from 1 to 65535, or none for {usual}"


def _bare(host: str) -> str:
    """Return *host* without brackets, and with the zone as the system writes it."""
    if not host.startswith("["):
        return host
    address, mark, zone = host[1:-1].partition("%")
    return address + mark + unquote(zone.removeprefix("25"))
