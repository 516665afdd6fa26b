"""Why nothing was packaged."""


class PackagingRefused(Exception):
    """Something a package needs is missing or does not agree; nothing was staged. The text says what to do."""
