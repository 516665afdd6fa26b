"""Dead letters put back: through the spool and under their own event ids, so that handing one on twice does no harm."""

from __future__ import annotations

from leadloop import timestamps
from leadloop.manifest import Manifest
from leadloop.ports.store import Document, PreconditionFailed, Update
from leadloop.runtime import Runtime
from leadloop.spool import spooled
from leadloop.verdict import Verdict


def judge(manifest: Manifest, letter: Document, again: bool) -> Verdict:
    """Whether a dead letter can be put back; ``again``: also one that was put back before."""
    if letter.fields.get("message") is None:
        return Verdict(False, "replay.not_ours", "it is no message of leadloop; it stays here, sealed")
    replayed_at = letter.fields.get("replayed_at")
    if replayed_at and not again:
        return Verdict(False, "replay.done_before", f"it was put back at {replayed_at}; --again does it once more")
    source = letter.fields.get("source")
    topic = _topic(manifest, letter)
    if topic is None:
        found = f"expected a function with a topic, found {source!r}"
        return Verdict(False, "replay.function_unknown", f"{found}; restore it in functions.yaml, or see --functions")
    return Verdict(True, "replay.spooled", f"drain-spool publishes it on {topic} for {source}")


def replay(runtime: Runtime, letter: Document, again: bool) -> Verdict:
    """Spool a dead letter and mark it as put back, in one commit. Raises ``StoreUnavailable``.

    A second replay does nothing unless ``again`` says so. One that dies once more is unmarked by
    keep-dead-letter.
    """
    verdict = judge(runtime.manifest, letter, again)
    if not verdict:
        return verdict
    now = runtime.clock.now()
    message, event_id = str(letter.fields["message"]), str(letter.fields["event_id"])
    topic = _topic(runtime.manifest, letter) or ""
    mark = Update(letter.key, {**letter.fields, "replayed_at": timestamps.to_text(now)}, letter.version)
    try:
        put_back = spooled(event_id, topic, message, "put back by a person", now)
        try:
            runtime.store.commit([mark, put_back])
        except PreconditionFailed as conflict:
            if conflict.key != put_back.key:
                raise
            runtime.store.commit([mark])  # it waits in the spool already
    except PreconditionFailed:
        return Verdict(False, "replay.overtaken", "it was changed at the same moment; look at it again")
    return verdict


def _topic(manifest: Manifest, letter: Document) -> str | None:
    """Where the function it died at listens."""
    function = manifest.functions.get(str(letter.fields.get("source")))
    return function.topic if function else None
