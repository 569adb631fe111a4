"""The broker's address and our credentials: URL, password, certificates. Knows nothing of MQTT."""

import contextlib
import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Any

import msgspec

from edgenode import config
from edgenode.config import broker_url
from edgenode.errors import BrokerError
from edgenode.mqtt import causes


class Endpoint(msgspec.Struct, frozen=True):
    """A broker's address; ``str()`` returns the URL for logs and errors.

    Attributes:
        host: a name or an address; behind a link-local one, ``%`` and the interface.
        path: of a WebSocket; empty for MQTT alone.
    """

    host: str
    port: int
    tls: bool
    path: str = ""

    def __str__(self) -> str:
        scheme = ("ws" if self.path else "mqtt") + "s" * self.tls
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}{self.path}"

    @property
    def local(self) -> bool:
        """Whether the broker is on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse(url: str) -> Endpoint:
    """Return the address in *url*; raise ``BrokerError`` that says what is wrong with it."""
    if problem := broker_url.problem(url):
        # A URL with a user holds a password: it is not repeated.
        shown = "" if "@" in url else f" {url!r}"
        raise BrokerError(f"mqtt.url{shown} {problem}")
    parts = broker_url.split(url)
    return Endpoint(parts.host, parts.port, parts.scheme in ("mqtts", "wss"), parts.path)


class Context(ssl.SSLContext):
    """Makes TLS sockets that tidy up, and asks a certificate for addresses as they stand in it.

    Attributes:
        alert: with which the broker has ended TLS after the handshake; in TLS 1.3 it looks at our
            certificate only then.
    """

    alert: ssl.SSLError | None = None

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:  # noqa: ANN401 - as inherited
        """Wrap a socket; the zone of an address is of this machine, and in no certificate."""
        name = options.get("server_hostname")
        if name and ":" in name:
            options["server_hostname"] = name.partition("%")[0]
        return super().wrap_socket(*args, **options)


class TlsSocket(ssl.SSLSocket):
    """Keeps the alert that paho drops, and closes itself when the handshake fails."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as inherited
        """Do the handshake; if that fails, leave no socket to the garbage collector."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise

    def send(self, data: Any, flags: int = 0) -> int:  # noqa: ANN401 - as inherited
        """Send; an alert that has arrived meanwhile makes that fail, but is in what is received."""
        try:
            return super().send(data, flags)
        except ssl.SSLEOFError:
            with contextlib.suppress(OSError):
                self.recv(1)
            raise

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive, and keep an alert."""
        try:
            return super().recv(buflen, flags)
        except ssl.SSLError as error:
            if isinstance(self.context, Context) and "ALERT" in (error.reason or ""):
                self.context.alert = error
            raise


def tls_context(mqtt: config.Mqtt) -> Context:
    """Return a TLS context with the authorities and the certificate of *mqtt*.

    Raise ``BrokerError`` that names the file if one cannot be used.
    """
    # Not ssl.create_default_context(): from Python 3.13 on it refuses authorities that do not say
    # what their key is for, and those made by the manuals of openssl and mosquitto do not.
    context = Context(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_PARTIAL_CHAIN
    context.sslsocket_class = TlsSocket
    # Read at each connection, so that a renewed certificate needs no restart.
    if mqtt.ca_file is None:
        context.load_default_certs()
    else:
        _load_authorities(context, mqtt.ca_file)
    if mqtt.cert_file:
        _load_certificate(context, mqtt)
    return context


def password(mqtt: config.Mqtt) -> str | None:
    """Return the password, None if there is none; raise ``BrokerError`` if it is not UTF-8."""
    secret = config.password(mqtt)
    try:
        return None if secret is None else secret.decode()
    except UnicodeDecodeError as error:
        raise BrokerError(f"mqtt.password_file {mqtt.password_file!r} is not UTF-8") from error


def not_mqtt(connection: object) -> str:
    """Return what speaks instead of MQTT in the first bytes on a plain connection, and the cure."""
    if not isinstance(connection, socket.socket) or isinstance(connection, ssl.SSLSocket):
        return ""
    try:
        begin = connection.recv(4, socket.MSG_PEEK)
    except OSError:
        return ""
    # An alert, as RFC 8446, 5.1, has it.
    if begin.startswith(b"\x15\x03"):
        return "speaks TLS there; write mqtts:// in mqtt.url"
    if begin == b"HTTP":
        return "speaks HTTP there; check the port, or write ws:// in mqtt.url for WebSockets"
    return ""


def _load_authorities(context: ssl.SSLContext, file: str) -> None:
    try:
        context.load_verify_locations(cafile=file)
    except (OSError, ssl.SSLError) as error:
        raise BrokerError(
            f"mqtt.ca_file {file!r} cannot be used: {causes.of_file(error)}"
        ) from error


def _load_certificate(context: ssl.SSLContext, mqtt: config.Mqtt) -> None:
    try:
        # Without the argument OpenSSL would ask for a pass phrase on the terminal, and wait.
        context.load_cert_chain(str(mqtt.cert_file), mqtt.key_file, password="")
    except (OSError, ssl.SSLError) as error:
        files = f"mqtt.cert_file {mqtt.cert_file!r} with mqtt.key_file {mqtt.key_file!r}"
        why = causes.LOCKED if _is_locked(mqtt.key_file) else causes.of_file(error)
        raise BrokerError(f"{files} cannot be used: {why}") from error


def _is_locked(key_file: str | None) -> bool:
    """Return whether the key has a pass phrase: OpenSSL gives no reason then."""
    try:
        return key_file is not None and b"ENCRYPTED" in Path(key_file).read_bytes()
    except OSError:
        return False
