"""``leadloop init``: a commented policy and fresh keys, in a folder that has neither."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "init"
HELP = "write a commented leadloop.yaml and a .env with fresh keys; overwrites nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, in which language, and what is already known."""
    parser.add_argument("--dir", type=Path, default=Path(), metavar="DIR", help="folder to write to; default: this one")
    parser.add_argument("--lang", choices=("ru", "en"), default="ru", help="language of the comments; default: ru")
    parser.add_argument("--origin", metavar="URL", help="the site's origin, such as https://sokol.example")
    parser.add_argument("--counter", metavar="NUMBER", help="the number of the Metrica counter")
    parser.add_argument("--account", metavar="NAME", help="the amoCRM account: sokol for sokol.amocrm.ru")
    parser.add_argument("--crm", action="store_true", help="write no files: create what leadloop needs in the CRM")


def run(arguments: argparse.Namespace) -> int:
    """Write both files or neither, and say what to do next. Never prints a secret."""
    if arguments.crm:
        from leadloop.cli.prepared_crm import prepare_crm

        return prepare_crm(arguments.dir, as_json=arguments.json)
    from leadloop.adapters.system_keys import SystemKeys
    from leadloop.cli.answer import OK, print_json
    from leadloop.cli.new_project import Choices, next_steps, write_project

    known = {name: value for name in ("origin", "counter", "account") if (value := getattr(arguments, name))}
    policy, environment = write_project(arguments.dir, Choices(language=arguments.lang, **known), SystemKeys())
    steps = next_steps(arguments.lang, policy, environment, known)
    if arguments.json:
        print_json({"ok": True, "written": [str(policy), str(environment)], "next": list(steps)})
        return OK
    print(f"{policy}\n{environment}\n")
    for number, step in enumerate(steps, start=1):
        print(f"{number}. {step}")
    return OK
