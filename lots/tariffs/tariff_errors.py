"""Why a document is no tariff."""

from core.errors import ParkingError


class TariffError(ParkingError):
    """The document is no tariff: `path` says where, `reason` what is expected there."""

    code = "tariff_invalid"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason
