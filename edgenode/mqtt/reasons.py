"""What the reason codes of MQTT 5 mean for us (section 2.4 of the standard)."""

UNKNOWN_VERSION = 0x84

CURES = {
    0x85: "set node.id to another name",
    0x86: "set mqtt.username and mqtt.password_file",
    0x87: "check mqtt.username, mqtt.password_file and the broker's access list",
    0x8C: "set mqtt.username and mqtt.password_file",
    0x8E: "another client connects with the same id; set node.id",
}

NOT_OF_A_MESSAGE = frozenset({0x8B, 0x8D, 0x8E})
"""Ends that no message brings about: shutting down, keep alive timeout, session taken over."""
