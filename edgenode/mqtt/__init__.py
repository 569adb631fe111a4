"""The MQTT client, for the uplink and for consumers."""
