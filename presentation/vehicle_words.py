"""Classes of vehicles, their sizes, and kinds of plate, in the words of a price board."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lots.plates import PlateKind
from lots.tariffs import Tariff
from lots.tariffs.charging_rules import Measure, Seen, VehicleClass, VehicleSize
from presentation.formatting import listed


def class_titles(tariff: Tariff) -> dict[str, str]:
    """Return how a board names each class of vehicles that the tariff has."""
    return {one.name: class_title(one) for one in tariff.classes}


def class_title(one: VehicleClass) -> str:
    """Return how a board names a class of vehicles: its word, and its axles, length, load or seats."""
    word = str(CLASSES[Seen(one.name)])
    return _("%(who)s (%(size)s)") % {"who": word, "size": _size(one.size)} if one.size else word


def _size(size: VehicleSize) -> str:
    """Return the axles, seats, length or load of a class of vehicles in words."""
    unit = MEASURES[size.measure]
    if size.least and size.most and size.least != size.most:
        last = unit % {"n": size.most}
        return _named(size, _("%(first)s to %(size)s") % {"first": size.least, "size": last})
    if size.least and size.least == size.most:
        return _named(size, unit % {"n": size.most})
    limits = (
        (size.least, _("%(size)s or more")),
        (size.above, _("more than %(size)s")),
        (size.most, _("no more than %(size)s")),
        (size.below, _("less than %(size)s")),
    )
    return _named(size, listed(words % {"size": unit % {"n": number}} for number, words in limits if number))


def _named(size: VehicleSize, text: str) -> str:
    """Return a size with what is measured, where its unit does not name it."""
    if size.measure is Measure.LENGTH:
        return _("length: %(size)s") % {"size": text}
    return _("load: %(size)s") % {"size": text} if size.measure is Measure.LOAD else text


MEASURES = {
    Measure.AXLES: gettext_lazy("%(n)s axles"),
    Measure.SEATS: gettext_lazy("%(n)s seats"),
    Measure.LENGTH: gettext_lazy("%(n)s m"),
    Measure.LOAD: gettext_lazy("%(n)s t"),
}


CLASSES = {
    Seen.SMALL: gettext_lazy("Small vehicles"),
    Seen.MEDIUM: gettext_lazy("Medium-sized vehicles"),
    Seen.LARGE: gettext_lazy("Large vehicles"),
    Seen.EXTRA_LARGE: gettext_lazy("Extra-large vehicles"),
    Seen.SPECIAL: gettext_lazy("Special vehicles"),
    Seen.GOODS: gettext_lazy("Goods vehicles"),
    Seen.MOTORCYCLE: gettext_lazy("Motorcycles"),
    Seen.NEW_ENERGY: gettext_lazy("New-energy vehicles"),
}
PLATES = {
    PlateKind.EMERGENCY: gettext_lazy("应急 (emergency) plates"),
    PlateKind.ARMED_POLICE: gettext_lazy("armed police plates"),
    PlateKind.MILITARY: gettext_lazy("military plates"),
    PlateKind.POLICE: gettext_lazy("police plates"),
    PlateKind.ORDINARY: gettext_lazy("blue and yellow plates"),
    PlateKind.NEV_SMALL: gettext_lazy("green plates (small new-energy)"),
    PlateKind.NEV_LARGE: gettext_lazy("yellow-green plates (large new-energy)"),
    PlateKind.TRAINER: gettext_lazy("learner plates"),
    PlateKind.TRAILER: gettext_lazy("trailer plates"),
    PlateKind.HK_MACAO: gettext_lazy("Hong Kong and Macao plates"),
    PlateKind.TEST: gettext_lazy("test and temporary plates"),
    PlateKind.CONSULATE: gettext_lazy("consulate plates"),
    PlateKind.EMBASSY: gettext_lazy("embassy plates"),
    PlateKind.CIVIL_AVIATION: gettext_lazy("civil aviation plates"),
    PlateKind.OVERSEAS: gettext_lazy("overseas plates"),
    PlateKind.TICKET: gettext_lazy("vehicles without a plate"),
}


def plates(kinds: frozenset[str]) -> str:
    """Return kinds of plate in words, in one order on every page."""
    return listed(str(text) for kind, text in PLATES.items() if kind in kinds)
