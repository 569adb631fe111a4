"""The process with the devices: samples become findings here, and nothing else goes on."""
