"""The failures that a self-check can explain."""


class SelfCheckError(Exception):
    """A failure with a stable `code`; anything else is a bug."""

    code = "selfcheck_error"
