"""A real mail server of one conversation, on loopback."""

import socket
import threading

import pytest


@pytest.fixture
def mailbox():
    """A mail server of one conversation; `lines` has what it received."""
    found: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        line, _ = listener.accept()
        with line, line.makefile("rwb", buffering=0) as wire:
            wire.write(b"220 here\r\n")
            in_text = False
            for raw in wire:
                words = raw.decode().rstrip("\r\n")
                found.append(words)
                if in_text:
                    in_text = words != "."
                    if not in_text:
                        wire.write(b"250 kept\r\n")
                elif words.lower() == "data":
                    in_text = True
                    wire.write(b"354 go on\r\n")
                elif words.lower() == "quit":
                    wire.write(b"221 bye\r\n")
                    return
                else:
                    wire.write(b"250 fine\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1], found
    listener.close()
    thread.join(5)
