"""Firmware that turns a Raspberry Pi into a sensor which sends findings, never recordings."""

__version__ = "0.1.0"
