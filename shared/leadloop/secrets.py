"""Secrets and endpoints, from the environment only."""

from __future__ import annotations

from collections.abc import Mapping

AMOCRM_CLIENT_SECRET = "LEADLOOP_AMOCRM_CLIENT_SECRET"  # noqa: S105 - the name of a variable
AMOCRM_TOKEN = "LEADLOOP_AMOCRM_TOKEN"  # noqa: S105 - the name of a variable
COMAGIC_TOKEN = "LEADLOOP_COMAGIC_TOKEN"  # noqa: S105 - the name of a variable
BITRIX24_APPLICATION_TOKEN = "LEADLOOP_BITRIX24_APPLICATION_TOKEN"  # noqa: S105 - the name of a variable
BITRIX24_WEBHOOK = "LEADLOOP_BITRIX24_WEBHOOK"
METRICA_TOKEN = "LEADLOOP_METRICA_TOKEN"  # noqa: S105 - the name of a variable
GOOGLE_FORM_KEY = "LEADLOOP_GOOGLE_FORM_KEY"
HMAC_KEY = "LEADLOOP_HMAC_KEY"
HOOK_SECRET = "LEADLOOP_HOOK_SECRET"  # noqa: S105 - the name of a variable
SEAL_PRIVATE_KEY = "LEADLOOP_SEAL_PRIVATE_KEY"
SIGNED_SECRET = "LEADLOOP_SIGNED_SECRET"  # noqa: S105 - the name of a variable
TILDA_KEY = "LEADLOOP_TILDA_KEY"
VERDICT_SECRET = "LEADLOOP_VERDICT_SECRET"  # noqa: S105 - the name of a variable
VK_SECRET = "LEADLOOP_VK_SECRET"  # noqa: S105 - the name of a variable


class SecretMissing(Exception):
    """An environment variable that this function needs is not set."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the environment variable {name} is not set; "
            "set it (docs/en/policy.md, section Secrets; also in docs/ru) and start again"
        )
        self.name = name


class Secrets:
    """Read access to secrets; never printed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def get(self, name: str) -> str:
        """The secret. Raises ``SecretMissing``."""
        value = self._environment.get(name, "").strip()
        if not value:
            raise SecretMissing(name)
        return value

    def several(self, name: str) -> tuple[str, ...]:
        """A comma-separated secret, newest first: two at once let a secret be changed without a gap.

        Never empty. Raises ``SecretMissing``.
        """
        parts = tuple(part.strip() for part in self.get(name).split(",") if part.strip())
        if not parts:
            raise SecretMissing(name)
        return parts


def endpoint(environment: Mapping[str, str], vendor: str, default: str) -> str:
    """The vendor's base URL: ``LEADLOOP_ENDPOINT_<VENDOR>`` if set, else the default; no trailing slash."""
    return environment.get(f"LEADLOOP_ENDPOINT_{vendor.upper()}", "").rstrip("/") or default
