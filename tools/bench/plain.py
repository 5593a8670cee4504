"""The product's settings with one address that answers five bytes: the floor with the same middleware."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tools.bench.hello"
