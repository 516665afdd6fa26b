"""What makes a person, a duplicate and a bot, told in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from leadloop.policy.chapters import Chapter
from leadloop.policy.duplicates import Clients, DuplicateKey
from leadloop.policy.durations import write_duration
from leadloop.policy.fraud import KNOWN_REASONS, Fraud
from leadloop.policy.models import ContactMode, Policy
from leadloop.policy.spans import Span

_IN_COMMON = {
    DuplicateKey.PHONE: "the same phone",
    DuplicateKey.EMAIL: "the same e-mail",
    DuplicateKey.PERSON: "the same person",
    DuplicateKey.CLIENT_ID: "the same ClientID (of leads that name nobody else)",
}
_PLACES = {
    "client_id": "with the same ClientID",
    "device": "from the same device",
    "network": "from the same network",
    "phone_block": "with phones of one block",
}


def verdict_chapters(policy: Policy) -> Iterator[Chapter]:
    """Persons, duplicates with the list of clients, and the fraud gate: these judge every lead."""
    yield Chapter("Persons", list(_identity(policy)))
    yield Chapter("Duplicates", list(_duplicates(policy)))
    yield Chapter(f"Fraud gate: holds from {policy.fraud.hold_from}", list(_fraud(policy)))


def _identity(policy: Policy) -> Iterator[str]:
    if policy.contacts.mode is ContactMode.NONE:
        yield "leads with one confirmed UserID are one person; no key is made of a phone or an e-mail (mode none)"
    else:
        yield "leads with a phone, an e-mail or a confirmed UserID in common are one person"
        most = policy.defaults.shared_key_persons
        yield f"a phone or an e-mail that came with more than {most} persons is shared and joins nobody"
        # Counted, not shown: they are contacts, and this page is there to be passed on.
        if listed := len(policy.identity.shared):
            yield f"so are the phones and e-mails of identity.shared, {listed} in number"
    yield f"where more than {policy.defaults.person_keys} of these hang together, none of them joins anybody"
    yield "a ClientID, a yclid or a device joins nobody; who has none of their own borrows their person's ClientID"


def _duplicates(policy: Policy) -> Iterator[str]:
    rules, repeat = policy.duplicates, write_duration(policy.defaults.same_lead_repeat)
    common = " or ".join(_IN_COMMON[key] for key in rules.keys)
    if rules.window == Span():
        yield f"a duplicate: {common} as of any lead before it, however long ago"
    else:
        since = "the lead before it, duplicates included" if rules.counted_from == "last" else "the first of the series"
        yield f"a duplicate: {common}, within {rules.window} of {since}"
    yield f"one person again within {repeat} is always the same lead"
    yield f"the {rules.credit} lead of a series keeps the credit; a duplicate is kept and told, and sends nothing"
    yield from _clients(rules.clients)


def _clients(clients: Clients) -> Iterator[str]:
    if not clients.stages:
        yield "nobody is on the list of current clients: no stage makes one"
        return
    kept = "for good" if clients.within == Span() else f"for {clients.within}"
    left = f", until one reaches {' or '.join(map(repr, clients.left))}" if clients.left else ""
    yield f"whose deal reaches {' or '.join(map(repr, clients.stages))} is a client {kept}{left}"
    yield "a new lead of a client is no duplicate, and sends nothing either"


def _fraud(policy: Policy) -> Iterator[str]:
    rules = policy.fraud
    yield f"a lead whose signs weigh {rules.hold_from} or more is held: nothing of it is sent, nothing of it is lost"
    yield from (f"  {weight}: {sign}" for weight, sign in _signs(policy) if weight)
    if rules.weights.velocity or rules.weights.phone_block:
        yield "twice as many others weigh twice as much; of such crowds the heaviest alone counts"
    end = write_duration(policy.defaults.fraud_hold_ends)
    kept = "is kept back for good" if rules.at_hold_end == "keep" else f"is let through {end} after it came"
    yield f"a held lead that nobody decides about {kept}"
    yield "people outweigh machines: whom sales qualify, or you release, passes; the later word counts"
    losing = [name for name, reason in policy.disqualification.reasons.items() if reason.fraud]
    if losing:
        yield f"who is lost for {' or '.join(losing)} is fraud"
    yield from _providers(rules)


def _signs(policy: Policy) -> Iterator[tuple[int, str]]:
    """Each sign that may be seen in this mode of contacts, with what it weighs."""
    rules, weights = policy.fraud, policy.fraud.weights
    yield weights.honeypot, "the field that people do not see was filled in"
    yield weights.too_fast, f"the form was filled in within less than {write_duration(rules.too_fast)}"
    yield weights.automation, "a browser without a screen, or a program"
    yield weights.foreign_origin, "sent from a page of another site"
    if policy.crm.fields.call_seconds is not None:
        yield weights.short_call, f"no call that was answered lasted {write_duration(rules.short_call)}"
    if rules.providers:
        yield weights.suspicious, "an antifraud service finds it suspicious"
    yield weights.velocity, _others(rules, "client_id")
    if policy.contacts.mode is not ContactMode.NONE:
        yield weights.velocity, _others(rules, "device")
        yield weights.velocity, _others(rules, "network")
        yield weights.phone_block, _others(rules, "phone_block")
        yield weights.phone_pattern, "a phone that gets one past a form: one digit, a row, a group repeated"


def _others(rules: Fraud, kind: str) -> str:
    time = rules.phone_period if kind == "phone_block" else rules.period
    return f"{getattr(rules.velocity, kind)} others {_PLACES[kind]} within {write_duration(time)}"


def _providers(rules: Fraud) -> Iterator[str]:
    if not rules.providers:
        yield "no antifraud service is asked: fraud.providers names none"
    for name, provider in rules.providers.items():
        own = [f"{reason} {meaning}" for reason, meaning in provider.reasons.items()]
        said = f"; {', '.join(own)}" if own else ""
        published = "; its published reasons are known" if name in KNOWN_REASONS else ""
        yield f"verdicts of {name} are taken{published}{said}; the latest counts"
