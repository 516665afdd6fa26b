"""Which settings ``leadloop what-if`` judges by, and why the others cannot be tried on the facts that are kept.

Every setting of the policy is in exactly one of these groups; a test holds that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from leadloop.policy import Policy
from leadloop.policy.settings import EACH

JUDGED = frozenset(
    {"site.time_zone", "crm.pipelines", "call_tracker.tags", "goals.*.on", "goals.*.stage", "goals.*.reasons"}
    | {f"sources.{name}" for name in ("dictionary.*.line", "dictionary.*.names", "unknown", "static_pool", "own_hosts")}
    | {f"sources.rules.*.{name}" for name in ("label", "click_id", "utm_source", "utm_medium", "utm_campaign")}
    | {f"sources.rules.*.{name}" for name in ("referrer", "called_number", "crm_field", "value", "created_by", "form")}
    | {f"duplicates.{name}" for name in ("keys", "window", "counted_from", "credit")}
    | {f"duplicates.clients.{name}" for name in ("stages", "left", "within")}
    | {f"qualification.{name}" for name in ("profile", "stage", "later", "required", "fields", "deadline")}
    | {"disqualification.stages"}
    | {f"disqualification.reasons.*.{name}" for name in ("loss_reasons", "suppress", "fraud")}
    | {f"fraud.{name}" for name in ("hold_from", "at_hold_end", "too_fast", "short_call", "period", "phone_period")}
    | {f"fraud.velocity.{name}" for name in ("client_id", "device", "network", "phone_block")}
    | {f"fraud.weights.{name}" for name in ("honeypot", "too_fast", "automation", "foreign_origin", "phone_pattern")}
    | {f"fraud.weights.{name}" for name in ("velocity", "phone_block", "short_call", "suspicious")}
    | {"fraud.providers.*.reasons"}
    | {f"defaults.{name}" for name in ("same_lead_repeat", "fraud_hold_ends", "shared_key_persons", "person_keys")}
)
"""History is folded anew under these. Fields and called numbers among them must have been read: see ``unread``."""

READ_IN_THE_CRM = frozenset(
    f"crm.fields.{name}"
    for name in (
        *("leadloop_id", "client_id", "yclid", "gclid", "user_id", "submission_id", "referrer"),
        *("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"),
        *("source", "called_number", "call_seconds", "loss_reason"),
    )
)
"""Where something of a deal stands: see ``unread``."""

_AT_THE_FORM = "a form is read when it is taken, and of those that came is kept what the present policy took"
_AT_THE_DEAL = "a deal is matched with its lead when it is first read, and stays with it"
_AT_THE_CALL = "a call is told to its lead, or becomes one, when it is first read"

NOT_KEPT = {
    "site.origins": "whether a form came from a page of another site is noted when it is taken",
    "site.default_region": _AT_THE_FORM,
    "forms.fields": _AT_THE_FORM,
    "forms.tilda_key": _AT_THE_FORM,
    "forms.google_key": _AT_THE_FORM,
    "forms.vk_groups": _AT_THE_FORM,
    "contacts.mode": _AT_THE_FORM,
    "contacts.transit": _AT_THE_FORM,
    "defaults.body_cap": _AT_THE_FORM,
    "identity.shared": "contacts are kept as keyed hashes alone, and of those listed none is made when a form is taken",
    "crm.kind": "deals of another CRM were never read",
    "crm.account": "deals of another account were never read",
    **dict.fromkeys((f"call_tracker.{one}" for one in ("kind", "host")), "calls of another account were never read"),
    "call_tracker.time_zone": "the times of calls are kept as they were read",
    **dict.fromkeys((f"call_tracker.{one}" for one in ("calls", "chats", "requests")), _AT_THE_CALL),
    "defaults.key_match_window": _AT_THE_DEAL,
    "defaults.born_in_crm_wait": _AT_THE_DEAL,
}
"""What acts before facts are made of it, and why no fact tells."""

_BLOCKS = "blocks of phones are noted only while fraud.weights.phone_block is more than 0"
_SERVICES = "verdicts of services that fraud.providers does not name are refused"

_SENDING = "it says how, when or for how much conversions are sent, and not which goals a lead comes to"
_TELLING = "it is told in reports, and no verdict follows from it"
_WORKING = "it says how leadloop works, and no verdict follows from it"

NO_VERDICT = {
    **dict.fromkeys(("goals.*.target", "goals.*.value", "goals.*.settle", "site.currency"), _SENDING),
    **dict.fromkeys(("defaults.visit_window", "defaults.visit_margin", "defaults.settle_delay"), _SENDING),
    **dict.fromkeys(
        (f"sources.dictionary.*.{one}" for one in ("title", "channel", "connection", "contractor")), _TELLING
    ),
    **dict.fromkeys(("sources.apart", "crm.ignored", "site.mapped_fields", "site.url_params"), _TELLING),
    **dict.fromkeys(
        (f"disqualification.reasons.*.{one}" for one in ("title", "counts_against_channel", "warm_up")), _TELLING
    ),
    **dict.fromkeys(("site.counter", "site.thank_you", "contacts.public_key", "contacts.retention"), _WORKING),
    **dict.fromkeys(("crm.requests_per_second", "sources.restore", "schedules"), _WORKING),
    **dict.fromkeys(("crm.oauth.client_id", "crm.oauth.redirect_uri", "crm.webhook_expires"), _WORKING),
    "call_tracker.requests_per_second": _WORKING,
    **dict.fromkeys((f"crm.new_lead.{one}" for one in ("pipeline", "status", "name", "tags")), _WORKING),
    **dict.fromkeys((f"crm.fields.{one}" for one in ("known_ids", "duplicate", "quality", "fraud")), _WORKING),
    **dict.fromkeys((f"defaults.{one}" for one in ("upload_period", "pull_period", "pull_overlap")), _WORKING),
    **dict.fromkeys((f"defaults.{one}" for one in ("listing_grace", "listing_gap", "rows_per_upload")), _WORKING),
    **dict.fromkeys((f"defaults.{one}" for one in ("uploads_per_run", "quarantine_retention")), _WORKING),
}
"""What judges no lead at all, and what it does instead."""


def not_kept(now: Policy, then: Policy) -> dict[str, str]:
    """The settings that differ and act before facts are made, each with the reason why these do not tell of it."""
    found = {one: why for one, known in _changed(now, then) if (why := NOT_KEPT.get(known))}
    if then.fraud.weights.phone_block and not now.fraud.weights.phone_block:
        found["fraud.weights.phone_block"] = _BLOCKS
    return found | {
        f"fraud.providers.{name}": _SERVICES for name in then.fraud.providers if name not in now.fraud.providers
    }


def without_verdict(now: Policy, then: Policy) -> dict[str, str]:
    """The settings that differ and judge no lead, each with what it does instead."""
    return {one: why for one, known in _changed(now, then) if (why := NO_VERDICT.get(known))}


def group_of(setting: str) -> str:
    """The group of a setting as ``settings()`` names it. Raises ``LookupError`` unless it is in exactly one."""
    groups = {"judged": JUDGED, "read": READ_IN_THE_CRM, "not kept": NOT_KEPT, "no verdict": NO_VERDICT}
    found = [name for name, held in groups.items() if setting in held]
    if len(found) != 1:
        raise LookupError(f"expected {setting} in one group of leadloop.report.what_if_settings, found it in {found}")
    return found[0]


def _changed(now: Policy, then: Policy) -> Iterator[tuple[str, str]]:
    """Each setting that differs, as it is written and as ``settings()`` names it."""
    known = JUDGED | READ_IN_THE_CRM | NOT_KEPT.keys() | NO_VERDICT.keys()
    by_steps = {tuple(one.split(".")): one for one in known}
    for path in dict.fromkeys(_paths_apart(now.model_dump(), then.model_dump())):
        for length in range(len(path), 0, -1):
            match = next((name for steps, name in by_steps.items() if _fits(steps, path[:length])), None)
            if match is not None:
                yield ".".join(path[:length]), match
                break


def _fits(steps: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return len(steps) == len(path) and all(step in (EACH, one) for step, one in zip(steps, path, strict=True))


def _paths_apart(one: object, other: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where two dumps differ, as deep as both go: of an entry that only one has, nobody chose the defaults."""
    if one == other:
        return
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in dict.fromkeys([*one, *other]):
            yield from _paths_apart(one.get(name), other.get(name), (*path, str(name)))
    else:
        yield path
