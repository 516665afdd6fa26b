"""Sources that are known without a policy: what click ids of ad systems mean."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """A source as reports tell it."""

    title: str = ""
    channel: str = ""
    connection: str = ""
    contractor: str = ""
    line: str = ""
    """The label whose line it is counted in."""


CHANNEL_KNOWN, AUTOMATIC, IN_CRM, MANUAL = "channel_known", "automatic", "crm", "manual"

BUILT_IN = {
    "yandex_direct": Entry("Яндекс Директ", "context", CHANNEL_KNOWN),
    "google_ads": Entry("Google Ads", "context", CHANNEL_KNOWN),
    "yandex_market": Entry("Яндекс Маркет", "aggregator", CHANNEL_KNOWN),
    "vk_ads": Entry("VK Реклама", "social", CHANNEL_KNOWN),
    "microsoft_ads": Entry("Microsoft Advertising", "context", CHANNEL_KNOWN),
    "facebook": Entry("Facebook", "social", AUTOMATIC),
}

FIRST_CLICK_IDS = {"yclid": "yandex_direct", "gclid": "google_ads"}
"""They are certain, and go before tags."""

LAST_CLICK_IDS = {
    "ymclid": "yandex_market",
    "rb_clickid": "vk_ads",
    "vk_clickid": "vk_ads",
    "msclkid": "microsoft_ads",
    "fbclid": "facebook",
}
"""They say less than a tag does (``fbclid`` hangs on every link of Facebook), but more than nothing."""
