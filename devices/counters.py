"""Prometheus counters for device requests. No label names a device or a plate."""

from prometheus_client import Counter

READS = Counter("purecode_reads", "Camera events by what became of them.", ["make", "outcome"])
REFUSALS = Counter(
    "purecode_device_refusals", "Device requests refused, by endpoint and reason.", ["endpoint", "code"]
)

PICTURES_DROPPED = Counter("purecode_pictures_too_large", "Pictures dropped for their size.", ["make"])


def count_refusal(endpoint: str, code: str) -> None:
    REFUSALS.labels(endpoint=endpoint, code=code).inc()


def count_read(make: str, outcome: str) -> None:
    READS.labels(make=make, outcome=outcome).inc()


def count_picture_too_large(make: str) -> None:
    PICTURES_DROPPED.labels(make=make).inc()
