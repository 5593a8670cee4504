"""The part of the signed API about money that outside channels took. See docs/devices.md."""
