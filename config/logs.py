"""Logs as JSON lines on standard error that name no person, plate, address, code or token.

Libraries that would write a path or a body are held at a level where they do not: Django's
`django.request` and `django.security` put the path into the message, so only our own request log speaks.
"""

import logging
from typing import Any

import structlog

QUIET = {
    "django.request": logging.CRITICAL,  # the path; our own request log has the view instead
    "django.security": logging.CRITICAL,  # the host header and the path
    "django.server": logging.CRITICAL,  # the request line
    "django.template": logging.INFO,  # a missing variable is logged with all of the page, the plate too
    "urllib3": logging.WARNING,  # addresses with their query
}


def configure(options: dict[str, Any]) -> None:
    """Set up logging; `options["level"]` is a level's name such as INFO."""
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=processors,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=options["level"], force=True)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *processors,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
