"""A proxy that injects faults of the network."""
