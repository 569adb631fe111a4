"""The process with the network: findings become messages here, and no device is touched."""
