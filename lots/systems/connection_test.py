"""Why a parking system gives no answer: its name, the way there, its certificate. Sends no plate."""

from urllib.parse import urlsplit

from core.transport import Unreached, reach

SECONDS = 3.0


def why_no_answer(base_url: str) -> str:
    """Return the code of what fails first on the way to an address; "no_answer" where the way is free."""
    address = urlsplit(base_url)
    is_tls = address.scheme == "https"
    try:
        host, port = address.hostname or "", address.port or (443 if is_tls else 80)
        reach("connection test", host, port, is_tls=is_tls, seconds=SECONDS)
    except ValueError:  # a port that is none, or a name that no resolver takes
        return "bad_address"
    except Unreached as error:
        return error.reason
    return "no_answer"
