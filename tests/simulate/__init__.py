"""A deterministic simulator: real domain code, simulated channels, cameras, phones, clock and network."""
