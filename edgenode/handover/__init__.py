"""From sense to uplink: the messages, the socket they cross, and the two ends of it."""
