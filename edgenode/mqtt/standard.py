"""What we need of the MQTT standards beside paho: reason codes and the length of a packet."""

from edgenode.mqtt.exchange import Message

UNKNOWN_VERSION = 0x84

FAILURE = 0x80
"""Reason codes from here on are refusals (MQTT 5, 2.4)."""

NOBODY_SUBSCRIBES = 0x10
QUOTA_EXCEEDED = 0x97

NO_RETAIN = 0x9A
LOWER_QOS = 0x9B
"""Reasons to refuse a will, or to close: no retained messages, no QoS 1 (MQTT 5, 3.2.2.2)."""

CURES = {
    0x85: "set node.id to another name",
    0x86: "set mqtt.username and mqtt.password_file",
    0x87: "check mqtt.username, mqtt.password_file and the broker's access list",
    0x88: "it is not ready; see its log",
    0x89: "it has too many clients; see its log",
    0x8A: "it has banned us; see its list of bans",
    0x8C: "set mqtt.username and mqtt.password_file",
    0x8E: "another client connects with the same id; give one of them another (node.id)",
    0x90: "it does not take the topic of our status; check mqtt.prefix and its access list",
    0x95: "raise its limit of a packet's size",
    0x97: "its quota is used up; raise it",
    0x9C: "write in mqtt.url the server that takes its place",
    0x9D: "write in mqtt.url the server that has taken its place",
    0x9F: "it limits connections in a time; raise that, or connect fewer nodes at once",
}
"""What a person can do about a refusal (MQTT 5, 3.2.2.2 and 3.14.2.1)."""

NOT_OF_A_MESSAGE = frozenset({0x8B, 0x8D, 0x8E})
"""Reasons to close that no message causes: shutdown, keep alive timeout, session taken over."""

EXPIRY_BYTES = 5
"""Length of the property Message Expiry Interval: an identifier, four bytes (MQTT 5, 3.3.2.3)."""


def publish_size(message: Message, protocol: str) -> int:
    """Return the bytes of the PUBLISH packet of *message* (MQTT 5 and 3.1.1, section 3.3)."""
    rest = 2 + len(message.topic.encode()) + (2 if message.qos else 0) + len(message.payload)
    if protocol == "5":
        # An identifier and a length stand before the content type.
        properties = 3 + len(message.content_type.encode())
        properties += EXPIRY_BYTES if message.expires_s is not None else 0
        rest += _varint_size(properties) + properties
    return 1 + _varint_size(rest) + rest


def _varint_size(number: int) -> int:
    """Return the bytes of a Variable Byte Integer (MQTT 5, 1.5.5): seven bits in each."""
    return max(1, -(-number.bit_length() // 7))
