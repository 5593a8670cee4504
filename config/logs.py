"""Logs as JSON lines on standard error that name no person, plate, address, code or token.

Libraries that would write a path or a body are held at a level where they do not: Django's
`django.request` and `django.security` put the path into the message, so only our own request log speaks.
"""

import logging
from typing import Any

import structlog
from structlog.typing import ExcInfo

QUIET = {
    "django.request": logging.CRITICAL,  # the path; our own request log has the view instead
    "django.security": logging.CRITICAL,  # the host header and the path
    "django.server": logging.CRITICAL,  # the request line
    "django.template": logging.INFO,  # a missing variable is logged with all of the page, the plate too
    "urllib3": logging.CRITICAL,  # addresses with their query; what it cannot read of an answer, too
}


def _without_messages(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """Return each exception of a chain by its type and its frames.

    Its message may hold what was sent or stored: PostgreSQL's name the values that broke a constraint.
    """
    return [_bare(each) for each in _read_traceback(exc_info)]


def _bare(found: dict[str, Any]) -> dict[str, Any]:
    of_group = [[_bare(each) for each in chain] for chain in found["exceptions"]]
    kept = {name: found[name] for name in ("exc_type", "is_cause", "frames")}
    return {**kept, "exceptions": of_group} if of_group else kept


_read_traceback = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
EXCEPTIONS = structlog.processors.ExceptionRenderer(_without_messages)


def configure(options: dict[str, Any]) -> None:
    """Set up logging; `options["level"]` is a level's name such as INFO."""
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        EXCEPTIONS,
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
