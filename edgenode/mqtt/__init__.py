"""The MQTT client, for the uplink and for consumers: paho behind it, its pitfalls kept in."""
