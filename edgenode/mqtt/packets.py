"""How long MQTT's packets are: brokers say the longest they take."""

from edgenode.mqtt.exchange import Message

EXPIRY = 5
"""Bytes of the property Message Expiry Interval: an identifier and four bytes (MQTT 5, 3.3.2.3)."""


def publish_size(message: Message, protocol: str) -> int:
    """Return the bytes of the PUBLISH packet of *message* (MQTT 5 and 3.1.1, section 3.3)."""
    rest = 2 + len(message.topic.encode()) + (2 if message.qos else 0) + len(message.payload)
    if protocol == "5":
        # An identifier and a length stand before the content type.
        properties = 3 + len(message.content_type.encode())
        properties += EXPIRY if message.expires_s is not None else 0
        rest += _varint_size(properties) + properties
    return 1 + _varint_size(rest) + rest


def _varint_size(number: int) -> int:
    """Return the bytes of a Variable Byte Integer (MQTT 5, 1.5.5): seven bits in each."""
    return max(1, -(-number.bit_length() // 7))
