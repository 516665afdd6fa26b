"""What tests see of the memory bus beyond the contract."""

from __future__ import annotations

from leadloop.adapters.memory_bus import MemoryBus, Published
from leadloop.messages import LeadRegistered


def registered(event_id: str) -> LeadRegistered:
    return LeadRegistered(event_id=event_id, lead_id="anna")


def test_draining_gives_each_message_once_and_the_history_keeps_them_all() -> None:
    bus = MemoryBus()
    first = bus.publish("leads", registered("e1"))
    bus.publish("submissions", registered("e2"))
    assert bus.drain("leads") == [registered("e1")]
    assert bus.drain("leads") == []
    bus.publish("leads", registered("e3"))
    assert bus.drain("leads") == [registered("e3")]
    assert bus.on("leads") == [registered("e1"), registered("e3")]
    assert [published.topic for published in bus.published] == ["leads", "submissions", "leads"]
    assert bus.published[0] == Published("leads", first, registered("e1"))


def test_a_message_arrives_as_another_object() -> None:
    bus = MemoryBus()
    sent = registered("e1")
    bus.publish("leads", sent)
    assert bus.published[0].message is not sent
