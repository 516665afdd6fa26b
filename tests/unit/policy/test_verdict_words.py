"""Persons, duplicates and the fraud gate told back as sentences that a head of sales can sign."""

from __future__ import annotations

from leadloop.policy.plain_words import tell
from support.policies import sokol

CLIENTS = {"stages": ["sold"], "left": ["lost"], "within": "12 months"}


def chapter(title: str, mode: str = "hash", **sections: object) -> list[str]:
    [lines] = [told.lines for told in tell(sokol(mode, **sections)) if told.title.startswith(title)]
    return lines


def test_a_person_is_whoever_strong_ids_join() -> None:
    told = chapter("Persons", identity={"shared": ["info@sokol.example", "+74950000000"]})
    assert told == [
        "leads with a phone, an e-mail or a confirmed UserID in common are one person",
        "a phone or an e-mail that came with more than 5 persons is shared and joins nobody",
        "so are the phones and e-mails of identity.shared, 2 in number",
        "where more than 60 of these hang together, none of them joins anybody",
        "a ClientID, a yclid or a device joins nobody; who has none of their own borrows their person's ClientID",
    ]


def test_without_contacts_nothing_is_said_of_phones() -> None:
    assert chapter("Persons", "none")[0].endswith("no key is made of a phone or an e-mail (mode none)")
    assert not [line for line in chapter("Persons", "none") if "came with more than" in line]
    assert not [line for line in chapter("Fraud gate", "none") if "network" in line or "a phone" in line]


def test_a_duplicate_by_the_standard() -> None:
    assert chapter("Duplicates") == [
        "a duplicate: the same person, within 180d of the lead before it, duplicates included",
        "one person again within 1h is always the same lead",
        "the first lead of a series keeps the credit; a duplicate is kept and told, and sends nothing",
        "nobody is on the list of current clients: no stage makes one",
    ]


def test_a_duplicate_by_keys_and_window_of_ones_own() -> None:
    rule = {"keys": ["phone", "email"], "window": "6 months", "counted_from": "first", "credit": "last"}
    first, _, credit, *clients = chapter("Duplicates", duplicates={**rule, "clients": CLIENTS})
    assert first == "a duplicate: the same phone or the same e-mail, within 6 months of the first of the series"
    assert credit.startswith("the last lead of a series keeps the credit")
    assert clients == [
        "whose deal reaches 'sold' is a client for 12 months, until one reaches 'lost'",
        "a new lead of a client is no duplicate, and sends nothing either",
    ]


def test_windows_without_an_end_are_said_so() -> None:
    ever = {"window": "ever", "clients": {"stages": ["sold"]}}
    told = chapter("Duplicates", duplicates=ever)
    assert told[0] == "a duplicate: the same person as of any lead before it, however long ago"
    assert "whose deal reaches 'sold' is a client for good" in told


def test_the_gate_tells_each_sign_with_its_weight() -> None:
    told = chapter("Fraud gate: holds from 100")
    assert told[0] == "a lead whose signs weigh 100 or more is held: nothing of it is sent, nothing of it is lost"
    assert [line for line in told if line.startswith("  ")] == [
        "  100: the field that people do not see was filled in",
        "  60: the form was filled in within less than 3s",
        "  60: a browser without a screen, or a program",
        "  30: sent from a page of another site",
        "  50: 3 others with the same ClientID within 1h",
        "  50: 4 others from the same device within 1h",
        "  50: 10 others from the same network within 1h",
        "  40: a phone that gets one past a form: one digit, a row, a group repeated",
    ]
    assert told[-3:] == [
        "a held lead that nobody decides about is kept back for good",
        "people outweigh machines: whom sales qualify, or you release, passes; the later word counts",
        "no antifraud service is asked: fraud.providers names none",
    ]


def test_the_gate_tells_what_its_owner_changed() -> None:
    fraud = {
        "hold_from": 70,
        "at_hold_end": "release",
        "weights": {"honeypot": 0, "phone_block": 50},
        "providers": {"adjust": {}, "own": {"reasons": {"farm": "fraud", "odd": "clean"}}},
    }
    bots = {"reasons": {"bot": {"loss_reasons": [77], "fraud": True}}}
    told = chapter("Fraud gate: holds from 70", fraud=fraud, disqualification=bots)
    assert "  50: 2 others with phones of one block within 1d" in told
    assert "  60: an antifraud service finds it suspicious" in told
    assert not [line for line in told if "do not see" in line], "a sign of no weight is no sign"
    assert "a held lead that nobody decides about is let through 18d after it came" in told
    assert told[-3:] == [
        "who is lost for bot is fraud",
        "verdicts of adjust are taken; its published reasons are known; the latest counts",
        "verdicts of own are taken; farm fraud, odd clean; the latest counts",
    ]
