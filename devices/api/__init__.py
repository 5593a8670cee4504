"""Our own API for devices: signed requests, plain JSON. See docs/devices.md and docs/openapi.yaml."""
