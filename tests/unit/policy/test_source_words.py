"""The sources of a policy told back as sentences that a marketer can sign."""

from __future__ import annotations

from leadloop.policy import Policy
from leadloop.policy.plain_words import tell
from support.policies import sokol


def told(policy: Policy) -> list[str]:
    return {chapter.title: chapter.lines for chapter in tell(policy)}.get("Sources", [])


def test_who_says_nothing_of_sources_is_told_nothing() -> None:
    assert told(sokol()) == []


def test_the_dictionary_and_the_rules_in_their_order() -> None:
    sources = {
        "dictionary": {
            "cian": {"title": "Циан", "channel": "aggregator", "names": ["циан", "cian.ru"]},
            "agents": {"connection": "crm", "contractor": "etazhi", "line": "cian"},
        },
        "rules": [
            {"label": "cian", "called_number": "+74950000001"},
            {"label": "cian", "utm_source": "qr", "utm_campaign": "cian*"},
            {"label": "cian", "referrer": "cian.ru"},
            {"label": "agents", "crm_field": "source", "value": "Агент*"},
            {"label": "agents", "created_by": "user"},
            {"label": "agents", "form": "partner*"},
            {"label": "agents", "click_id": "erid"},
            {"label": "agents", "called_number": "static_pool"},
        ],
        "static_pool": ["+74950000000"],
        "unknown": "none",
        "restore": True,
    }
    assert told(sokol(sources=sources, crm={"fields": {"source": "860001", "called_number": "860002"}})) == [
        "cian (Циан): aggregator; its channel is known beforehand; also spelled циан, cian.ru",
        "agents: made in the CRM; run by etazhi; counted with cian",
        "of these the first that fits decides:",
        "  a call to +74950000001 → cian",
        "  utm_source qr and utm_campaign cian* → cian",
        "  a visitor from cian.ru → cian",
        "  the deal's field source: Агент* → agents",
        "  a deal entered by hand → agents",
        "  the form partner* → agents",
        "  a click id erid → agents",
        "  a call to a number of sources.static_pool → agents",
        "then a click id decides, then the tag utm_source, then the page the visitor came from",
        "a tag that the dictionary does not know is no source (unknown: none)",
        "a call to +74950000000 does not tell its source: everybody is shown the number",
        "a source field that somebody overwrites is given back what it held first",
    ]


def test_one_setting_alone_is_told_with_what_holds_besides() -> None:
    assert told(sokol(sources={"static_pool": ["+74950000000"]}))[0].startswith("a click id decides")
    assert "stays so in the CRM" in told(sokol(sources={"apart": [["mail", "gmail"]]}))[-1]
