"""The broker's address and our credentials: URL, password, certificates. Knows nothing of MQTT."""

import ipaddress
import ssl
from urllib.parse import SplitResult, urlsplit

import msgspec

from edgenode import config
from edgenode.errors import BrokerError

PORTS = {"mqtt": 1883, "mqtts": 8883}


class Endpoint(msgspec.Struct, frozen=True):
    """A broker's address; ``str()`` returns the URL for logs and errors."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"

    @property
    def local(self) -> bool:
        """Whether the broker is on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse(url: str) -> Endpoint:
    """Return the address in *url*; raise ``BrokerError`` unless it is mqtt[s]://HOST[:PORT]."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BrokerError(f"mqtt.url {url!r}: {error}; write mqtt://HOST:PORT") from error
    if parts.username is not None or parts.password is not None:
        # The URL itself is not in the message: it holds the password.
        raise BrokerError(
            f"mqtt.url names a user at {parts.hostname!r}; use mqtt.username and mqtt.password_file"
        )
    if not _plain(parts) or not parts.hostname:
        raise BrokerError(f"mqtt.url {url!r} is not mqtt://HOST:PORT or mqtts://HOST:PORT")
    return Endpoint(parts.hostname, port or PORTS[parts.scheme], parts.scheme == "mqtts")


def _plain(parts: SplitResult) -> bool:
    return parts.scheme in PORTS and parts.path in ("", "/") and not parts.query


def tls_context(mqtt: config.Mqtt) -> ssl.SSLContext:
    """Return a TLS context with the authorities and the certificate of *mqtt*.

    Raise ``BrokerError`` that names the file if one cannot be used.
    """
    # Read at each connection, so that a renewed certificate needs no restart.
    try:
        context = ssl.create_default_context(cafile=mqtt.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise BrokerError(f"mqtt.ca_file {mqtt.ca_file!r} cannot be used: {why(error)}") from error
    context.sslsocket_class = _TidySocket
    if mqtt.cert_file:
        _load_certificate(context, mqtt)
    return context


class _TidySocket(ssl.SSLSocket):
    """Closes itself when the handshake fails; paho would leave that to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as inherited
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def password(mqtt: config.Mqtt) -> str | None:
    """Return the password, None if there is none; raise ``BrokerError`` if it is not UTF-8."""
    secret = config.password(mqtt)
    try:
        return None if secret is None else secret.decode()
    except UnicodeDecodeError as error:
        raise BrokerError(f"mqtt.password_file {mqtt.password_file!r} is not UTF-8") from error


def _load_certificate(context: ssl.SSLContext, mqtt: config.Mqtt) -> None:
    try:
        # Without the argument OpenSSL would ask for a pass phrase on the terminal, and wait.
        context.load_cert_chain(str(mqtt.cert_file), mqtt.key_file, password="")
    except (OSError, ssl.SSLError) as error:
        files = f"mqtt.cert_file {mqtt.cert_file!r} with mqtt.key_file {mqtt.key_file!r}"
        raise BrokerError(f"{files} cannot be used: {why(error)}") from error


def why(error: Exception) -> str:
    """Return the cause in lower case, for the end of a message."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not PEM").lower().replace("_", " ")
    return (getattr(error, "strerror", None) or str(error)).lower()
