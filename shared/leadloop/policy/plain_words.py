"""A policy told back in plain words, for the person who has to agree with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from leadloop.policy.chapters import Chapter, quality_chapters
from leadloop.policy.durations import write_duration
from leadloop.policy.form_words import form_chapters
from leadloop.policy.models import ContactMode, GoalEvent, Policy
from leadloop.policy.settings import EACH, settings_with, write_value
from leadloop.policy.source_words import source_chapters
from leadloop.policy.verdict_words import verdict_chapters

_EVENTS = {
    GoalEvent.RECEIVED: "a lead is received",
    GoalEvent.STAGE: "a deal reaches {stage!r}",
    GoalEvent.QUALIFIED: "a lead is qualified with all it must show",
    GoalEvent.DISQUALIFIED: "a lead is lost{reasons}",
    GoalEvent.FRAUD: "a lead is found to be fraud",
}


class Change(NamedTuple):
    """A setting that is not at its standard value; both as they are written in YAML."""

    path: str
    value: str
    standard: str


def tell(policy: Policy) -> list[Chapter]:
    """The whole policy, subject by subject."""
    return [
        Chapter("Site", list(_site(policy))),
        *form_chapters(policy),
        Chapter(f"Contacts: mode {policy.contacts.mode}", list(_contacts(policy))),
        Chapter(f"CRM: {policy.crm.kind}, {policy.crm.host}", list(_crm(policy))),
        *_call_tracker(policy),
        *source_chapters(policy),
        *verdict_chapters(policy),
        Chapter("Goals", list(_goals(policy))),
        *quality_chapters(policy),
        Chapter("Windows", list(_windows(policy))),
        Chapter("Changed from the standard", [_changed(change) for change in changes(policy)] or ["nothing"]),
    ]


def changes(policy: Policy) -> list[Change]:
    """Every setting with a standard value that this policy sets to another."""
    return [
        Change(setting.name, write_value(value), setting.standard)
        for setting in settings_with(type(policy.crm))
        if setting.standard is not None and EACH not in setting.path
        for value in _values(policy, setting.path)
        if value != setting.field.get_default(call_default_factory=True)
    ]


def _values(policy: Policy, path: tuple[str, ...]) -> Iterator[object]:
    """The value at a path; nothing when a section on the way is left out."""
    value: object = policy
    for step in path:
        if value is None:
            return
        value = getattr(value, step)
    yield value


def _site(policy: Policy) -> Iterator[str]:
    site = policy.site
    yield f"forms on {', '.join(site.origins)} may send leads; a plain form returns to {site.thank_you}"
    yield f"Metrica counter {site.counter}; days are days of {site.time_zone}, money is in {site.currency}"
    yield f"a phone without a country code is read as one of {site.default_region}"
    if site.mapped_fields:
        yield f"not personal, may cross the bus: {', '.join(site.mapped_fields)}; every other form field stays out"
    else:
        yield "no form field is declared not personal: only ids, URLs and tags cross the bus"


def _contacts(policy: Policy) -> Iterator[str]:
    contacts = policy.contacts
    if contacts.mode is ContactMode.NONE:
        yield "nothing personal is accepted from forms or read from the CRM"
        yield "a lead meets its deal by submission id, ClientID or yclid in a CRM field"
    elif contacts.mode is ContactMode.HASH:
        yield "no name, phone or e-mail is stored, logged or queued in clear; only keyed hashes (HMAC-SHA256) travel"
        yield "whoever holds LEADLOOP_HMAC_KEY can still test phone numbers against the hashes"
        if contacts.transit == "allowed":
            yield "in the cloud a raw phone may reach the edge, where it is hashed (transit: allowed)"
        else:
            yield "in the cloud the caller sends ready hashes; a raw phone is hashed here only on one machine"
    else:
        kept = write_duration(contacts.retention)
        yield f"names, phones and e-mails travel and rest sealed, and are removed {kept} after the last stage"
        yield "personal data of Russian citizens must first be recorded in Russia: keep this machine there"
    yield "what cannot be understood is sealed to the owner's public key before it rests anywhere"


def _crm(policy: Policy) -> Iterator[str]:
    crm = policy.crm
    for pipeline, statuses in crm.pipelines.items():
        yield f"pipeline {pipeline}"
        for status, stage in statuses.items():
            yield f"  {status} → {stage}"
    yield f"ignored: {', '.join(crm.ignored) or 'no status'}; any other status is reported as unknown"
    if crm.is_heard:
        yield "it posts signed JSON about its deals; it is neither asked nor written to"
    elif policy.contacts.mode is ContactMode.KEEP and crm.new_lead is not None:
        yield f"leadloop creates deals {crm.new_lead.name!r} in {crm.new_lead.pipeline}/{crm.new_lead.status}"
    else:
        yield "the site's own integration creates deals; leadloop attaches ids to them"


_LEADS_OF_CALLS = {
    "incoming": "incoming calls are leads when nobody is known who made them, answered or not",
    "answered": "incoming calls that were answered are leads when nobody is known who made them",
    "all": "all calls are leads when nobody is known who made them, outgoing ones too",
    "none": "calls are not read",
}


def _call_tracker(policy: Policy) -> Iterator[Chapter]:
    tracker = policy.call_tracker
    if tracker is None:
        return
    lines = [
        _LEADS_OF_CALLS[tracker.calls],
        f"chats are {'' if tracker.chats else 'not '}read",
        f"requests from the tracker's own forms are {'' if tracker.requests else 'not '}read",
        "whoever is known already is told of them, and nothing is written there",
        f"its times are those of {tracker.time_zone or policy.site.time_zone}",
        *(f"tag {tag} → {stage}" for tag, stage in tracker.tags.items()),
    ]
    yield Chapter(f"Call tracker: {tracker.kind}, {tracker.host}", lines)


def _goals(policy: Policy) -> Iterator[str]:
    for name, goal in policy.goals.items():
        reasons = f" for {' or '.join(policy.reasons_of(name))}" if policy.reasons_of(name) else ""
        event = _EVENTS[goal.on].format(stage=goal.stage, reasons=reasons)
        value = {"none": "no value", "price": "the deal's price"}.get(
            str(goal.value), f"{goal.value} {policy.site.currency}"
        )
        settle = policy.settle_of(name)
        wait = f"waits {write_duration(settle)} for its price" if settle else "no wait"
        yield f"{name}: {event} → Metrica goal {policy.target_of(name)!r}, {value}, {wait}"


def _windows(policy: Policy) -> Iterator[str]:
    numbers = policy.defaults
    window, margin = write_duration(numbers.visit_window), write_duration(numbers.visit_margin)
    yield f"a conversion links to a visit of the last {window}; our own deadline is {margin} earlier"
    yield f"a deal is matched by phone or e-mail with leads of the last {write_duration(numbers.key_match_window)}"
    yield f"a deal without a lead waits {write_duration(numbers.born_in_crm_wait)}, then counts as born in the CRM"


def _changed(change: Change) -> str:
    return f"{change.path}: {change.value} (standard {change.standard})"
