"""The part of a row that every kind of contact shares: who came from where, tags and sale."""

from typing import Any
from urllib.parse import urlsplit

from ..tracker.account import Account
from ..tracker.communications import Call, Communication, TagMark
from ..tracker.visits import VisitorSession

Row = dict[str, Any]

_PAID = ("cpc", "ppc", "cpm", "paid")


def common_row(account: Account, one: Communication, now: int) -> Row:
    """What no session tells, then what it does. Click ids stay out until they have joined the row."""
    furniture, zone = account.furniture, account.zone
    site, campaign = furniture.sites.get(one.site_id or 0), furniture.campaigns.get(one.campaign_id or 0)
    sale = one.sale
    return {
        "communication_id": one.id,
        "communication_type": one.type,
        "communication_number": one.number,
        "person_id": one.person_id,
        "site_id": one.site_id,
        "site_domain_name": site.domain_name if site else None,
        "campaign_id": one.campaign_id,
        "campaign_name": campaign.name if campaign else None,
        "sale_date": zone.text_of(sale.at) if sale else None,
        "sale_cost": sale.cost if sale else None,
        "tags": [_tag(account, mark) for mark in one.tags],
        "attributes": attributes_of(account, one),
        "ext_id": one.ext_id,
        **(_visit(account, one.session) if one.session else {}),
        **(_joined(one.session) if one.session and one.ids_at <= now else {}),
    }


def attributes_of(account: Account, one: Communication) -> list[str]:
    """Marks the tracker itself sets; here by the number of the contact and the length of a call alone."""
    attributes = ["primary" if one.number == 1 else "secondary"]
    if isinstance(one, Call) and one.is_lost:
        return [*attributes, "lost", "off-target"]
    site = account.furniture.sites.get(one.site_id or 0)
    is_short = isinstance(one, Call) and one.talk_seconds < (site.target_call_seconds if site else 0)
    return [*attributes, "off-target" if is_short else "target"]


def phone_as_number(phone: str | None) -> int | None:
    """Requests and chats give phones as JSON numbers: a leading zero or plus is lost."""
    digits = "".join(one for one in phone or "" if one.isdigit())
    return int(digits) if digits else None


def _joined(session: VisitorSession) -> Row:
    return {
        "ym_client_id": session.visitor.ym_client_id,
        "ua_client_id": session.visitor.ua_client_id,
        "yclid": session.yclid,
        "gclid": session.gclid,
        "ymclid": session.ymclid,
    }


def _visit(account: Account, session: VisitorSession) -> Row:
    visitor, sessions = session.visitor, account.sessions
    first = sessions[visitor.session_ids[0]]
    first_campaign = account.furniture.campaigns.get(first.campaign_id or 0)
    campaigns = {sessions[one].campaign_id for one in visitor.session_ids}
    referrer = urlsplit(session.referrer or "").hostname
    return {
        "communication_page_url": session.entrance_page,
        "entrance_page": session.entrance_page,
        "referrer": session.referrer,
        "referrer_domain": referrer,
        "channel": _channel(session, referrer),
        "visitor_id": visitor.id,
        "visitor_session_id": session.id,
        "visitor_type": "Новый" if len(visitor.session_ids) == 1 else "Вернувшийся",
        "visits_count": len(visitor.session_ids),
        "visit_other_campaign": len(campaigns) > 1,
        "visitor_first_campaign_id": first.campaign_id,
        "visitor_first_campaign_name": first_campaign.name if first_campaign else None,
        "visitor_city": visitor.city,
        "visitor_region": visitor.region,
        "visitor_country": visitor.country,
        "visitor_device": visitor.device,
        "visitor_custom_properties": [
            {"property_name": name, "property_value": value} for name, value in visitor.properties.items()
        ],
        **session.marks,
    }


def _channel(session: VisitorSession, referrer: str | None) -> str:
    if session.yclid or session.gclid or session.marks.get("utm_medium") in _PAID:
        return "paid"
    return "referral" if referrer else "direct"


def _tag(account: Account, mark: TagMark) -> Row:
    return {
        "tag_id": mark.tag_id,
        "tag_name": account.tag_name(mark.tag_id),
        "tag_type": mark.type,
        "tag_change_time": account.zone.text_of(mark.at),
        "tag_user_id": mark.by.user_id,
        "tag_user_login": mark.by.login,
        "tag_employee_id": mark.by.employee_id,
        "tag_employee_full_name": mark.by.full_name,
    }
