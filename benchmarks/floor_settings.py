"""The product's settings with a single view that returns five bytes: a floor with the same middleware."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.floor_apps"
