"""The process with the network: it makes messages of findings and has no access to devices."""
