"""``leadloop sources``: where leads come from, why some have no source, and which labels are probably one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from leadloop.cli import opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from leadloop.json_types import JsonObject
    from leadloop.policy import Policy
    from leadloop.report.sources import Line, Review, SourceList, Tally

NAME = "sources"
HELP = "list every source and why leads have none; with `review`, propose merges of look-alike labels; changes nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, and what is asked."""
    opened.add_arguments(parser)
    parser.add_argument(
        "what", nargs="?", choices=["list", "review"], default="list", help="list (as without it), or review the labels"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the sources, or what a person is asked to decide about them."""
    from leadloop import queries
    from leadloop.cli.answer import OK, print_json
    from leadloop.leads.lead import Lead
    from leadloop.report.sources import counted_labels, list_sources, review

    world, _ = opened.open_runtime(arguments)
    if arguments.what == "review":
        asked = review(world.policy, counted_labels(world.store))
        if arguments.json:
            print_json(_review_as_json(world.policy, asked))
        else:
            print("\n".join(_review_text(world.policy, asked)))
        return OK
    leads = (Lead.of(document) for document in queries.every_document(world.store, queries.leads_in_order()))
    listed = list_sources(world.policy, leads)
    if arguments.json:
        print_json(_list_as_json(listed))
    else:
        print("\n".join(_list_text(listed)))
    return OK


def _list_text(listed: SourceList) -> Iterator[str]:
    from leadloop.report.tables import table

    head = ["connection", "source", "title", "channel", "contractor", "leads", "dictionary"]
    yield "Sources, by how they are connected"
    yield table(head, [_cells(line) for line in listed.lines])
    yield "\nLeads without a source, by cause"
    yield _causes(listed.without)
    yield "\nThe CRM shows another source than was first known, or none"
    yield _causes(listed.in_crm)
    yield "\nLabels that may be one source: `leadloop sources review`; one lead: `leadloop explain`"


def _cells(line: Line) -> list[object]:
    said = [line.title or "—", line.channel or "—", line.contractor or "—"]
    return [line.connection or "—", line.source, *said, line.leads, "known" if line.is_known else "new"]


def _causes(causes: Mapping[str, Tally]) -> str:
    from leadloop.report.tables import table

    ordered = sorted(causes.items(), key=lambda one: (-one[1].leads, one[0]))
    return table(["rule", "leads", "such as"], [[rule, one.leads, ", ".join(one.examples)] for rule, one in ordered])


def _review_text(policy: Policy, asked: Review) -> Iterator[str]:
    from leadloop.report.sources import kept_apart, patch
    from leadloop.report.tables import table

    if asked.proposals:
        yield "Labels that look like one source; nothing is changed before you write it into the policy"
        counts = asked.counts
        rows = [
            [one.into, ", ".join(f"{label} ({counts.get(label, 0)})" for label in one.labels), one.leads]
            for one in asked.proposals
        ]
        yield table(["count as", "labels (leads)", "leads that move"], rows)
        yield "\nTo count them as one, put this into leadloop.yaml (leave out what you do not want):\n"
        yield patch(policy, asked.proposals)
        yield f"\nTo keep some apart for good: `{kept_apart(asked.proposals[0])}`"
    else:
        yield "No two labels look like one source, but for those that the policy decided already."
    if asked.new:
        yield "\nLabels that sources.dictionary does not have, and that look like no other"
        yield table(["source", "leads"], [[label, asked.counts[label]] for label in asked.new])


def _list_as_json(listed: SourceList) -> JsonObject:
    return {
        "ok": True,
        "sources": [
            {
                "source": line.source,
                "title": line.title,
                "channel": line.channel,
                "connection": line.connection,
                "contractor": line.contractor,
                "leads": line.leads,
                "known": line.is_known,
            }
            for line in listed.lines
        ],
        "without_source": _causes_as_json(listed.without),
        "otherwise_in_crm": _causes_as_json(listed.in_crm),
    }


def _causes_as_json(causes: Mapping[str, Tally]) -> JsonObject:
    return {rule: {"leads": one.leads, "such_as": [*one.examples]} for rule, one in sorted(causes.items())}


def _review_as_json(policy: Policy, asked: Review) -> JsonObject:
    from leadloop.report.sources import patch

    return {
        "ok": True,
        "proposals": [
            {
                "into": one.into,
                "labels": {label: asked.counts.get(label, 0) for label in one.labels},
                "leads": one.leads,
            }
            for one in asked.proposals
        ],
        "patch": patch(policy, asked.proposals) if asked.proposals else None,
        "new": {label: asked.counts[label] for label in asked.new},
    }
