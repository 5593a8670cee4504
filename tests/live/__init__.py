"""The documented installation on a bare Debian, run word by word: `make test-live`."""
