"""The car park's tables: one module a group, all importable from here."""

from lots.models.car_park import Lane, Lot, Operator, Sign, TariffVersion
from lots.models.device_models import Device, DeviceNonce
from lots.models.fact_changes import FactsChange
from lots.models.free_minutes import FreeMinutesUse
from lots.models.gate_models import GateCommand, LaneCall
from lots.models.lookups import LookupCount
from lots.models.permit_models import Permit, PermitExtension
from lots.models.plate_period_models import PlatePeriod
from lots.models.printing import PrintRun, SignAlarm, SignEvent, SignWording
from lots.models.session_models import ParkingSession, PlateRead, ReadPicture
from lots.models.setting_changes import ChangeKind, DeviceTrouble, SettingChange, Thing
from lots.models.system_models import ParkingSystemLink, Recipient, SystemNotice, SystemSession
from lots.models.tariff_draft_models import TariffDraft, TariffEdit

__all__ = [
    "ChangeKind",
    "Device",
    "DeviceNonce",
    "DeviceTrouble",
    "FactsChange",
    "FreeMinutesUse",
    "GateCommand",
    "Lane",
    "LaneCall",
    "LookupCount",
    "Lot",
    "Operator",
    "ParkingSession",
    "ParkingSystemLink",
    "Permit",
    "PermitExtension",
    "PlatePeriod",
    "PlateRead",
    "PrintRun",
    "ReadPicture",
    "Recipient",
    "SettingChange",
    "Sign",
    "SignAlarm",
    "SignEvent",
    "SignWording",
    "SystemNotice",
    "SystemSession",
    "TariffDraft",
    "TariffEdit",
    "TariffVersion",
    "Thing",
]
