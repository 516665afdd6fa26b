"""Visitors of the sites and their sessions."""

from dataclasses import dataclass, field


@dataclass
class Visitor:
    """A browser. `ym_client_id` is Metrica's id of it; None where Metrica's counter was blocked."""

    id: int
    person_id: int
    ym_client_id: str | None = None
    ua_client_id: str | None = None
    device: str = "desktop"
    city: str | None = None
    region: str | None = None
    country: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    session_ids: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class VisitorSession:
    """One visit and where it came from. `marks` are UTM and Openstat labels by their report names."""

    id: int
    visitor: Visitor
    at: int
    site_id: int
    campaign_id: int | None = None
    entrance_page: str | None = None
    referrer: str | None = None
    yclid: str | None = None
    gclid: str | None = None
    ymclid: str | None = None
    marks: dict[str, str] = field(default_factory=dict)
