"""Says in words why there is no connection to a broker: the cause, and what a person can do."""

import errno
import socket
import ssl
import time

from edgenode import config

PLAIN = (
    "what answers there seems to speak no TLS: if the port is a plain one, write {plain}:// in "
    "mqtt.url"
)

# Codes of OpenSSL's X509_verify_cert, see x509_vfy.h and verify(1).
_CERTIFICATE = {
    9: "the broker's certificate is not valid yet: this node's clock says {now}; set the clock, "
    "if it is wrong",
    10: "the broker's certificate has expired: this node's clock says {now}; renew the "
    "certificate, or set the clock if it is wrong",
    18: "the broker's certificate is signed by itself; copy it here, and name it in mqtt.ca_file",
    19: "the broker's certificate is signed by an authority that is not among {trusted}; name its "
    "certificate in mqtt.ca_file",
    20: "none of {trusted} has signed the broker's certificate: name the right authority in "
    "mqtt.ca_file, or have the broker send the intermediate certificate as well (in its certfile)",
    23: "the broker's certificate was revoked; the broker needs another one",
    26: "the broker's certificate is not made for servers (extendedKeyUsage); it needs another one",
    62: "the broker's certificate is for another name than {host!r}; write in mqtt.url the name "
    "that is in it",
    64: "the broker's certificate is not for the address {host!r}; write in mqtt.url the name that "
    "is in it",
    66: "the broker's certificate has a key too short for this system; it needs another one",
    68: "the broker's certificate is signed with a hash too weak for this system; it needs another",
}
_CERTIFICATE[21] = _CERTIFICATE[20]

# OpenSSL's names of the alerts of RFC 8446, section 6, without what comes before "ALERT_".
_ALERTS = {
    "CERTIFICATE_REQUIRED": "the broker asks for a certificate of ours; set mqtt.cert_file and "
    "mqtt.key_file",
    "CERTIFICATE_EXPIRED": "the broker says that our certificate {certificate} has expired; renew "
    "it",
    "CERTIFICATE_REVOKED": "the broker says that our certificate {certificate} was revoked; ask "
    "for another one",
    "UNKNOWN_CA": "the broker does not know the authority that has signed our certificate "
    "{certificate}; name one that it knows, or the authority to the broker",
    "HANDSHAKE_FAILURE": "the broker refuses the handshake: it asks for a certificate of ours "
    "(mqtt.cert_file), or has no cipher in common with this system",
    "PROTOCOL_VERSION": "the broker speaks no TLS that this system allows, which is 1.2 and newer; "
    "update the broker",
    "UNRECOGNIZED_NAME": "the broker has no certificate for the name {host!r}; write in mqtt.url "
    "the name it is known by",
}
_REFUSED = "the broker refuses our certificate {certificate} ({alert}); its log says why"

_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG",
           "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF_WHILE_READING")  # fmt: skip
_TOO_OLD = ("UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE", "WRONG_SSL_VERSION")

_FILES = {
    "KEY_VALUES_MISMATCH": "the key does not belong to the certificate",
    "NO_CERTIFICATE_OR_CRL_FOUND": "there is no certificate in it",
}
LOCKED = "the key has a pass phrase; store it without one, readable by this user alone"


def of_tls(error: ssl.SSLError, mqtt: config.Mqtt, host: str) -> str:
    """Return why TLS with *host* has failed."""
    reason = error.reason or ""
    words = {
        "host": host,
        "now": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "trusted": repr(mqtt.ca_file) if mqtt.ca_file else "the system's authorities",
        "certificate": repr(mqtt.cert_file) if mqtt.cert_file else "(there is none)",
        "plain": "ws" if mqtt.url.startswith("ws") else "mqtt",
        "alert": reason.partition("ALERT_")[2].lower().replace("_", " "),
    }
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _CERTIFICATE:
            return _CERTIFICATE[error.verify_code].format_map(words)
        return f"{error.verify_message.lower()}; look at the broker's certificate"
    if "ALERT_" in reason:
        return _ALERTS.get(reason.partition("ALERT_")[2], _REFUSED).format_map(words)
    if reason in _NO_TLS or isinstance(error, ssl.SSLEOFError):
        return PLAIN.format_map(words)
    return _ALERTS["PROTOCOL_VERSION"] if reason in _TOO_OLD else of_file(error)


def of_file(error: Exception) -> str:
    """Return why a file of certificates or keys cannot be used, or what a system call says."""
    if isinstance(error, ssl.SSLError):
        reason = error.reason or "NOT_PEM"
        return _FILES.get(reason, reason.lower().replace("_", " "))
    return (getattr(error, "strerror", None) or str(error)).lower()


def of_network(error: Exception, mqtt: config.Mqtt, host: str, *, tls: bool) -> str:
    """Return why *host* cannot be reached."""
    if isinstance(error, socket.gaierror):
        if "%" in host:
            return (
                f"this machine has no network interface {host.partition('%')[2]!r}; see `ip link`"
            )
        away = error.errno == socket.EAI_AGAIN
        cure = "is the network up?" if away else "check mqtt.url"
        return f"the name {host!r} is not known ({of_file(error)}); {cure}"
    plain = PLAIN.format(plain="ws" if mqtt.url.startswith("ws") else "mqtt")
    if isinstance(error, TimeoutError):
        cause = plain if tls and "handshake" in str(error) else "is a firewall between?"
        return f"no answer in time; {cause}; for a slow one raise mqtt.reply_s"
    # Only the handshake can be reset here: TCP itself would be refused.
    if tls and isinstance(error, ConnectionResetError | ConnectionAbortedError):
        return plain
    if getattr(error, "errno", None) == errno.EINVAL and host.lower().startswith("fe80:"):
        return f"an address of the link needs its interface; write [{host}%eth0]"
    return of_file(error)
