"""A channel's code for another phone."""

from lots.qr import qr_svg as qr_svg
