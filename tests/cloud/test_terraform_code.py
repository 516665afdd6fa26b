"""What the code names exists in the infrastructure, and the reverse: topics, variables, secrets, queries, functions.

"Names" is read from the code itself, as every package carries it: shared/leadloop without its command line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from leadloop import queries, secrets
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
    "FIRESTORE_EMULATOR_HOST": "Google's own stand-in",
    "PUBSUB_EMULATOR_HOST": "Google's own stand-in",
}
"""Variables that no function has in the cloud, and why."""

NO_VARIABLE = {"LEADLOOP_ID": "a field of the CRM"}

NAMED_BY_CALLERS = {
    "shared/leadloop/secrets.py: self._environment.get(name, '')": "callers name a secret of that page",
    "shared/leadloop/runtime.py: self.environment.get(name)": "callers name LEADLOOP_POLICY or LEADLOOP_MANIFEST",
    "shared/leadloop/spool.py: bus.publish(topic, message)": "callers of publish_or_spool name it",
    "shared/leadloop/spool.py: runtime.bus.publish(str(document.fields.get('topic')), message)": "what was spooled",
}
"""Where the code does not write the name out itself, and who does."""

ENVIRONMENTS = {"environ", "environment", "_environment"}


class Named(NamedTuple):
    """A place of the code where something is named."""

    where: str
    name: str | None
    """None where it is not written out."""


def texts() -> Iterator[str]:
    """Every text of the code that is no docstring."""
    for tree in CODE.values():
        told = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
        for one in ast.walk(tree):
            if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in told:
                yield one.value


def calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    """Every call of what has that last name, and the file it stands in."""
    for path, tree in CODE.items():
        for one in ast.walk(tree):
            if isinstance(one, ast.Call) and _last_name(one.func) == name:
                yield path, one


def topics_of(function: str, place: int) -> Iterator[Named]:
    """What the calls of a function that publishes give as the topic."""
    for path, call in calls(function):
        if path.parent.name != "adapters":  # they are the bus
            by_keyword = [one.value for one in call.keywords if one.arg == "topic"]
            yield _named(path, call, [*by_keyword, *call.args[place:]][0])


def variables() -> Iterator[Named]:
    """What is read from an environment."""
    for path, tree in CODE.items():
        for one in ast.walk(tree):
            match one:
                case ast.Subscript(value=environment, slice=name) if _last_name(environment) in ENVIRONMENTS:
                    yield _named(path, one, name)
                case ast.Compare(left=name, ops=[ast.In()], comparators=[to]) if _last_name(to) in ENVIRONMENTS:
                    yield _named(path, one, name)
                case ast.Call(func=ast.Attribute(value=of), args=[name, *_]) if _last_name(of) in ENVIRONMENTS:
                    yield _named(path, one, name)
                case ast.Call(func=function, args=[name, *_]) if _last_name(function) == "getenv":
                    yield _named(path, one, name)


def _last_name(one: ast.expr) -> str:
    match one:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _named(path: Path, at: ast.expr, one: ast.expr) -> Named:
    """The text, or the constant of that file; of a text with a variable end its beginning."""
    name: object = None
    match one:
        case ast.Constant(value=name) | ast.JoinedStr(values=[ast.Constant(value=name), *_]):
            pass
        case ast.Name(id=constant):
            name = _constants(path).get(constant)
    return Named(f"{path.relative_to(ROOT).as_posix()}: {ast.unparse(at)}", name if isinstance(name, str) else None)


def _constants(path: Path) -> dict[str, object]:
    """The texts that a file gives a name to."""
    return {
        target.id: one.value.value
        for one in CODE[path].body
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant)
        for target in one.targets
        if isinstance(target, ast.Name)
    }


def written_out(found: Iterable[Named]) -> set[str]:
    """The names. Fails where one is not written out and nobody said who names it."""
    unnamed = {one.where for one in found if one.name is None} - NAMED_BY_CALLERS.keys()
    assert not unnamed, f"write the name out, or say in NAMED_BY_CALLERS who does: {unnamed}"
    return {one.name for one in found if one.name is not None}


def given() -> set[str]:
    """The variables that some function has in the cloud."""
    configs = [one["service_config"][0] for one in bundle().each("google_cloudfunctions2_function").values()]
    return {name for config in configs for name in config["environment_variables"]}


def test_each_variable_is_given_or_said_not_to_be() -> None:
    in_texts = {name for text in texts() if (name := text.strip()) and re.fullmatch(r"LEADLOOP_[A-Z0-9_]+", name)}
    secret = {name for one in MANIFEST.functions.values() for name in one.secrets}
    named, known = in_texts | written_out(list(variables())), given() | secret | ON_ONE_MACHINE.keys()
    unknown = named - NO_VARIABLE.keys() - known
    assert not unknown, f"no function is given {unknown} in the cloud: give it, or say in ON_ONE_MACHINE why not"
    assert not known - named - {"THREADS"}, f"no code reads {known - named}: take it away"


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
    published = written_out([*topics_of("publish", 0), *topics_of("publish_or_spool", 1)])
    there = {one["name"].removeprefix(PREFIX) for one in bundle().each("google_pubsub_topic").values()}
    assert published <= there, f"the manifest has no topics {published - there}: what is put on them is refused"
    assert there == {*published, DEAD_LETTER_TOPIC}, "nobody publishes on a topic of the manifest: take it away"


def test_each_name_that_callers_give_is_given_there() -> None:
    found = [*variables(), *topics_of("publish", 0), *topics_of("publish_or_spool", 1)]
    assert NAMED_BY_CALLERS.keys() == {one.where for one in found if one.name is None}


def test_each_topic_has_a_consumer() -> None:
    """A message that nobody subscribes to is gone."""
    subscribed = {one["topic"] for one in bundle().each("google_pubsub_subscription").values()}
    assert subscribed == {one["id"] for one in bundle().each("google_pubsub_topic").values()}


def test_no_query_is_made_but_on_the_page_of_queries() -> None:
    places = {path.relative_to(ROOT).as_posix() for path, _ in calls("Query")}
    assert places == {"shared/leadloop/queries.py"}, "a query elsewhere has no index: move it to queries.py"


def test_each_query_of_that_page_is_among_those_that_have_indexes() -> None:
    [page] = [tree for path, tree in CODE.items() if path.name == "queries.py"]
    functions = [one for one in page.body if isinstance(one, ast.FunctionDef)]
    made = {one.name for one in functions if any(_last_name(at.func) == "Query" for at in _calls_in(one))}
    returned = {one.name for one in functions if one.returns and re.search(r"\bQuery\b", ast.unparse(one.returns))}
    [listed] = [one for one in page.body if isinstance(one, ast.AnnAssign)]
    assert made | returned == {_last_name(one.func) for one in _calls_in(listed)}, "EVERY_QUERY is not every query"
    assert len(queries.EVERY_QUERY) == len(made)


def _calls_in(tree: ast.AST) -> list[ast.Call]:
    return [one for one in ast.walk(tree) if isinstance(one, ast.Call)]


def test_each_query_of_several_fields_has_its_index_and_the_reverse() -> None:
    """Fields of equalities and the list that is looked into come first, then that of a range or the order:
    https://firebase.google.com/docs/firestore/query-data/index-overview"""
    there = {
        (one["collection"], frozenset(at["field_path"] for at in one["fields"][:-1]), one["fields"][-1]["field_path"])
        for one in bundle().each("google_firestore_index").values()
    }
    needed = set()
    for query in queries.EVERY_QUERY:
        first = ("==", "array_contains")
        equal = frozenset(at.path for at in query.where if at.operator in first)
        last = {at.path for at in query.where if at.operator not in first}
        last |= {query.order_by} if query.order_by else set()
        if equal and last:
            needed.add((query.collection, equal, *last))
    assert there == needed, "a query is refused for want of an index, or an index is written for no query"


def test_each_function_has_its_folder_its_entry_and_its_place() -> None:
    folders = {path.parent.name.replace("_", "-") for path in (ROOT / "functions").glob("*/main.py")}
    assert folders == set(MANIFEST.functions) == set(bundle().each("google_cloudfunctions2_function"))


def test_names_leave_room_for_a_prefix() -> None:
    """A service account's name has 30 characters at most, a prefix takes up to 8."""
    assert [name for name in MANIFEST.functions if not 4 <= len(name) <= 22] == []
