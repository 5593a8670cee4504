"""Why a parking system gives no answer: its name, the way there, its certificate. Sends no plate."""

import socket
import ssl
from urllib.parse import urlsplit

SECONDS = 3.0


def why_no_answer(base_url: str) -> str:
    """Return the code of what fails first on the way to an address; "no_answer" where the way is free."""
    address = urlsplit(base_url)
    try:
        host, port = address.hostname or "", address.port or (443 if address.scheme == "https" else 80)
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (UnicodeError, ValueError):
        return "bad_address"
    except OSError:
        return "name_unknown"
    try:
        with socket.create_connection((host, port), timeout=SECONDS) as connection:
            return _handshake(connection, host) if address.scheme == "https" else "no_answer"
    except TimeoutError:
        return "unreachable"
    except ConnectionRefusedError:
        return "port_closed"
    except OSError:
        return "unreachable"


def _handshake(connection: socket.socket, host: str) -> str:
    context = ssl.create_default_context()
    try:
        with context.wrap_socket(connection, server_hostname=host):
            return "no_answer"
    except ssl.SSLCertVerificationError:
        return "certificate"
    except (ssl.SSLError, TimeoutError, OSError):
        return "tls"
