"""List prices of Google Cloud: ``prices.yaml`` beside this page, each with where it was read and how sure it is."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

LISTED = Path(__file__).parent / "prices.yaml"


class Known(StrEnum):
    """How sure a price is."""

    GOOGLE = "google"
    """Read on Google's own page."""
    OTHERS = "others"
    """Several public sources agree."""
    UNCONFIRMED = "unconfirmed"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Price(_Entry):
    """What so many units of something cost."""

    usd: float = Field(gt=0)
    per: float = Field(gt=0)
    unit: str
    free: float = Field(ge=0)
    """Units a month for which Google asks nothing."""
    known: Known
    source: str = Field(pattern="^https://cloud.google.com/")

    def of(self, amount: float) -> float:
        """USD of an amount by the list."""
        return amount * self.usd / self.per

    def beyond_free(self, amount: float) -> float:
        """USD of what is left of a month's amount when the free part is taken off."""
        return self.of(max(0.0, amount - self.free))


class ListPrices(_Entry):
    """Every price that leadloop pays."""

    vcpu_second: Price
    gib_second: Price
    request: Price
    warm_vcpu_second: Price
    warm_gib_second: Price
    document_read: Price
    document_write: Price
    document_delete: Price
    expired_document: Price
    stored_gib: Price
    recoverable_gib: Price
    message_gib: Price
    scheduler_job: Price
    secret_version: Price
    secret_access: Price
    log_gib: Price
    egress_gib: Price
    image_gib: Price


class PriceTable(_Entry):
    """The prices, and the day on which they were looked up."""

    as_of: date
    prices: ListPrices


def load_prices(path: Path = LISTED) -> PriceTable:
    """Read the table. Raises ``OSError``, ``yaml.YAMLError`` or, naming the price, ``pydantic.ValidationError``."""
    import yaml

    return PriceTable.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
