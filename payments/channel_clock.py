"""What time it is at the payment channels: the only clocks near that are not this server's own."""

import random
import time
from contextlib import suppress
from datetime import timedelta

from django.utils.timezone import now

from core.transport import OutcomeUnknown
from payments.channels import answers_of, providers
from payments.numbers import new_number
from payments.providers.contract import Observed, ProviderRefused

NEAR = timedelta(minutes=5)  # beyond that, channels refuse us
MOST_ASKED = 3  # merchants: each may take seconds
UNEVEN = 5.0  # seconds by which the clock may move differently during a call


def is_confirmed() -> bool:
    """Return whether a channel that answers now has the time of our clock. Calls some of them."""
    asked = [provider for provider in providers().values() if isinstance(provider, Observed)]
    for provider in random.sample(asked, min(MOST_ASKED, len(asked))):
        answered, before, started = answers_of(provider), now(), time.monotonic()
        with suppress(OutcomeUnknown, ProviderRefused):
            provider.query(new_number())
        passed = (now() - before).total_seconds()
        if abs(passed - (time.monotonic() - started)) > UNEVEN:
            return False  # it was set meanwhile
        if answers_of(provider) != answered and provider.clock_skew is not None:
            return abs(provider.clock_skew) <= NEAR
    return False
