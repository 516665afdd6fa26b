"""The only source of chance."""

from __future__ import annotations

from typing import Protocol


class Entropy(Protocol):
    """Gives unguessable names."""

    def token(self) -> str:
        """A fresh name of 26 characters, lower-case letters and digits only, 128 bits of chance.

        Letters and digits only, because it travels in Metrica's ``comment``
        (https://yandex.com/dev/metrika/en/management/openapi/offline_conversions/upload_1).
        """
        ...
