"""``leadloop init``: a commented policy and fresh keys, in a folder that has neither. Asks what nobody told it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadloop.cli.interview import Company, Given
    from leadloop.cli.new_project import Choices
    from leadloop.crm.survey import Survey
    from leadloop.json_types import JsonObject
    from leadloop.verdict import Verdict

NAME = "init"
HELP = "ask about site, CRM and data, and write a commented leadloop.yaml and a .env with keys; overwrites nothing"

_FIELDS = {
    "origin": "origin",
    "counter": "counter",
    "time_zone": "time_zone",
    "region": "region",
    "crm_kind": "kind",
    "account": "account",
    "contacts": "mode",
}
"""Each option that answers a question → the field of ``Choices`` that it gives. Whoever gives all is asked nothing."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and an answer to each question."""
    from leadloop.cli.crm_kinds import KINDS

    parser.add_argument("--dir", type=Path, default=Path(), metavar="DIR", help="folder to write to; default: this one")
    parser.add_argument("--yes", action="store_true", help="ask nothing: what is not said is as in the example")
    parser.add_argument("--lang", choices=("ru", "en"), help="language of questions and comments; default: ru")
    parser.add_argument("--origin", metavar="URL", help="the site's origin, such as https://sokol.example")
    parser.add_argument("--counter", metavar="NUMBER", help="the number of the Metrica counter")
    parser.add_argument("--time-zone", metavar="ZONE", help="of the counter; default: Europe/Moscow")
    parser.add_argument("--region", metavar="CC", help="country of phones without a country code; default: RU")
    parser.add_argument("--crm-kind", choices=tuple(KINDS), help="which CRM; default: the first")
    parser.add_argument("--account", metavar="NAME", help="sokol for sokol.amocrm.ru, or sokol.bitrix24.ru")
    parser.add_argument("--contacts", choices=("none", "hash", "keep"), help="where contacts may be; default: hash")
    parser.add_argument("--pipeline", metavar="ID", help="with --contacts keep: the pipeline of new deals")
    parser.add_argument("--status", metavar="ID", help="with --contacts keep: their status")
    stage = "what a status means, such as 3383152/33929755=qualified; a hyphen: nothing; may be repeated"
    parser.add_argument("--stage", action="append", default=[], metavar="PIPELINE/STATUS=STAGE", help=stage)
    field = "create the field of our lead id in the CRM too, for which its token has to be in the environment"
    parser.add_argument("--create-field", action="store_true", help=field)
    parser.add_argument("--crm", action="store_true", help="write no files: create only that field")


def run(arguments: argparse.Namespace) -> int:
    """Write both files or neither, and say what to do next. Never prints a secret."""
    from leadloop.adapters.system_keys import SystemKeys
    from leadloop.cli.dialogue import Dialogue, words_of
    from leadloop.cli.interview import ask_language, hear
    from leadloop.cli.new_project import refuse_overwriting, write_project

    if arguments.crm:
        from leadloop.cli.prepared_crm import prepare_crm

        return prepare_crm(arguments.dir, as_json=arguments.json)
    refuse_overwriting(arguments.dir)
    asks = _asks(arguments)
    language = ask_language(asks, arguments.lang)
    dialogue = Dialogue(words_of(language)) if asks else None
    if dialogue is not None:
        dialogue.say("begin")
    company = hear(language, _given(arguments), _look_at, dialogue)
    is_wanted = arguments.create_field
    if dialogue is not None and company.survey is not None and not is_wanted:
        is_wanted = dialogue.agrees(f"create_field_{company.choices.kind}")
    written = write_project(arguments.dir, company.choices, SystemKeys(), company.token)
    return _tell(arguments, company, written, _create_field(arguments.dir) if is_wanted else None)


def _asks(arguments: argparse.Namespace) -> bool:
    """Whether there is somebody to ask, and anything."""
    told = [getattr(arguments, option) is not None for option in ("lang", *_FIELDS)]
    return sys.stdin.isatty() and not (arguments.yes or arguments.json or all(told))


def _given(arguments: argparse.Namespace) -> Given:
    from leadloop.cli.interview import Given
    from leadloop.cli.pipelines import read_stages

    said = {field: getattr(arguments, option) for option, field in _FIELDS.items()}
    said |= {"pipeline": arguments.pipeline, "status": arguments.status}
    return Given({name: text for name, text in said.items() if text}, read_stages(arguments.stage), os.environ)


def _look_at(choices: Choices, token: str) -> Survey:
    """The account of a policy that is not written yet. Raises ``VendorError``."""
    from leadloop import crm
    from leadloop.cli.crm_kinds import KINDS
    from leadloop.cli.interview import ANY_KEY
    from leadloop.cli.new_project import policy_text
    from leadloop.policy.loader import read_policy
    from leadloop.runtime import Runtime

    world = Runtime({**os.environ, KINDS[choices.kind].token: token})
    world.policy = read_policy(policy_text(choices, ANY_KEY))
    return crm.take_survey(world)


def _create_field(folder: Path) -> Verdict:
    """Whether the CRM has the field now; both files are written, so what fails is only told."""
    from leadloop.cli.answer import failure_text
    from leadloop.cli.prepared_crm import prepare
    from leadloop.ports.http import VendorError
    from leadloop.secrets import SecretMissing
    from leadloop.verdict import Verdict

    try:
        return prepare(folder)
    except (VendorError, SecretMissing) as failure:
        return Verdict(False, "leadloop_field.not_created", failure_text(failure))


def _tell(arguments: argparse.Namespace, company: Company, written: tuple[Path, Path], field: Verdict | None) -> int:
    from leadloop.cli.answer import OK, REFUSED, print_json
    from leadloop.cli.crm_kinds import KINDS
    from leadloop.cli.new_project import next_steps

    has_field = (field is not None and field.ok) or not KINDS[company.choices.kind].is_read
    steps = next_steps(company.choices, written, company.known, has_token=bool(company.token), has_field=has_field)
    failed = [reason for reason in (company.unread, "" if field is None or field.ok else field.reason) if reason]
    if arguments.json:
        is_created = field is not None and field.ok
        about: JsonObject = {"crm_read": company.survey is not None, "field_created": is_created, "failed": [*failed]}
        print_json({"ok": not failed, "written": [*map(str, written)], "next": [*steps], **about})
    else:
        print("\n".join(["", *map(str, written), ""]))
        print("\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1)))
        for reason in failed:
            print(f"leadloop init: {reason}", file=sys.stderr)
    return REFUSED if failed else OK
