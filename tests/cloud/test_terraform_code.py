"""What the code names exists in the infrastructure, and the reverse: topics, variables, secrets, queries, functions.

"Names" is read from the code itself, as every package carries it: shared/leadloop without its command line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from leadloop import queries, secrets
from leadloop.indexes import composite_indexes
from leadloop.ports.store import Query
from leadloop_host.dispatcher import DEAD_LETTER_TOPIC
from support.knocks import MANIFEST
from support.sayings import ROOT
from support.terraform import PREFIX, bundle

SHARED = ROOT / "shared" / "leadloop"
CODE = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for path in [*SHARED.rglob("*.py"), *(ROOT / "functions").glob("*/main.py")]
    if "cli" not in path.relative_to(ROOT).parts
}

ON_ONE_MACHINE = {
    "LEADLOOP_DATA": "the folder of documents and messages; LEADLOOP_PROJECT stands in its place",
    "LEADLOOP_POLICY": "a package carries its policy",
    "LEADLOOP_MANIFEST": "a package carries the manifest",
    "LEADLOOP_CLOCK_FILE": "simulated time",
    "LEADLOOP_ENDPOINT_": "stand-ins of the vendors",
}
"""Variables that no function has in the cloud, and why."""

NO_VARIABLE = {"LEADLOOP_ID": "a field of the CRM"}


def texts() -> Iterator[str]:
    """Every text of the code that is no docstring."""
    for tree in CODE.values():
        told = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
        for one in ast.walk(tree):
            if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in told:
                yield one.value


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call, by the last name of what is called."""
    for tree in CODE.values():
        for one in ast.walk(tree):
            if isinstance(one, ast.Call):
                match one.func:
                    case ast.Attribute(attr=name) | ast.Name(id=name):
                        yield name, one


def said(call: ast.Call, place: int) -> Iterator[str]:
    """The argument in a place, if it is written out."""
    if len(call.args) > place and isinstance(call.args[place], ast.Constant):
        yield str(ast.literal_eval(call.args[place]))


def given() -> set[str]:
    """The variables that some function has in the cloud."""
    configs = [one["service_config"][0] for one in bundle().each("google_cloudfunctions2_function").values()]
    return {name for config in configs for name in config["environment_variables"]}


def test_each_variable_is_given_or_said_not_to_be() -> None:
    in_texts = {name for text in texts() if (name := text.strip()) and re.fullmatch(r"LEADLOOP_[A-Z_]+", name)}
    secret = {name for one in MANIFEST.functions.values() for name in one.secrets}
    assert in_texts - NO_VARIABLE.keys() == (given() - {"THREADS"}) | secret | ON_ONE_MACHINE.keys()


def test_threads_is_what_the_framework_reads() -> None:
    found = find_spec("functions_framework")
    assert found is not None
    assert found.origin is not None
    server = Path(found.origin).parent / "_http" / "gunicorn.py"
    assert '"THREADS"' in server.read_text(encoding="utf-8")


def test_each_secret_of_the_code_has_a_place_and_the_reverse() -> None:
    known = {value for name, value in vars(secrets).items() if name.isupper() and isinstance(value, str)}
    assert known == set(bundle().each("google_secret_manager_secret"))


def test_each_topic_is_published_on_and_there() -> None:
    """Dead letters are Pub/Sub's own doing."""
    published = {topic for name, call in calls() if name == "publish" for topic in said(call, 0)}
    published |= {topic for name, call in calls() if name == "publish_or_spool" for topic in said(call, 1)}
    there = {one["name"].removeprefix(PREFIX) for one in bundle().each("google_pubsub_topic").values()}
    assert published | {DEAD_LETTER_TOPIC} == there == set(MANIFEST.topics)


def test_each_topic_has_a_consumer() -> None:
    """A message that nobody subscribes to is gone."""
    subscribed = {one["topic"] for one in bundle().each("google_pubsub_subscription").values()}
    assert subscribed == {one["id"] for one in bundle().each("google_pubsub_topic").values()}


def test_no_query_is_made_but_on_the_page_of_queries() -> None:
    elsewhere = {
        path.relative_to(ROOT).as_posix()
        for path, tree in CODE.items()
        for one in ast.walk(tree)
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "Query"
    }
    assert elsewhere == {"shared/leadloop/queries.py"}


def test_each_query_of_that_page_is_among_those_that_have_indexes() -> None:
    [page] = [tree for path, tree in CODE.items() if path.name == "queries.py"]
    made = {
        one.name
        for one in page.body
        if isinstance(one, ast.FunctionDef) and isinstance(one.returns, ast.Name) and one.returns.id == "Query"
    }
    [listed] = [one for one in page.body if isinstance(one, ast.AnnAssign)]
    assert made == {
        one.func.id for one in ast.walk(listed) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)
    }
    assert len(queries.EVERY_QUERY) == len(made)


def test_each_composite_index_is_some_query_s() -> None:
    there = {one["collection"] for one in bundle().each("google_firestore_index").values()}
    assert there == {one.collection for one in composite_indexes()}
    assert there <= {query.collection for query in queries.EVERY_QUERY if isinstance(query, Query)}


def test_each_function_has_its_folder_its_entry_and_its_place() -> None:
    folders = {path.parent.name.replace("_", "-") for path in (ROOT / "functions").glob("*/main.py")}
    assert folders == set(MANIFEST.functions) == set(bundle().each("google_cloudfunctions2_function"))


def test_names_leave_room_for_a_prefix() -> None:
    """A service account's name has 30 characters at most, a prefix takes up to 8."""
    assert [name for name in MANIFEST.functions if not 4 <= len(name) <= 22] == []
