"""The one error for what was asked for and can't be had."""


class UsageError(Exception):
    """What was asked for does not exist or can't be had; the text says what is possible."""
