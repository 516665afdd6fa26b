"""``functions/functions.yaml`` read and checked: routing, schedules and limits of every function."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
"""Of a function or topic: becomes a folder, a service, a subscription and a part of a path."""

_Secret = Annotated[str, StringConstraints(pattern=r"^LEADLOOP_[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$", max_length=80)]
"""An environment variable, and a part of the name of a secret in Secret Manager."""

_LEAST_CPU = 0.08
_WHOLE_CPUS = {1: (0.125, 4), 2: (0.125, 8), 4: (2, 16), 6: (4, 24), 8: (4, 32)}
"""How many processors there may be, and the GiB that go with each."""


class _Entry(BaseModel):
    # defer_build: a function reads what was checked when it was packaged, and never needs what checks it.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Delivery(_Entry):
    """How a message is tried again: attempts before it is a dead letter, back-off in seconds.

    Bounds are those of Pub/Sub: https://cloud.google.com/pubsub/docs/handling-failures
    """

    max_attempts: int = Field(30, ge=5, le=100)
    min_backoff: float = Field(2, gt=0, le=600)
    max_backoff: float = Field(600, gt=0, le=600)

    @model_validator(mode="after")
    def _backoff_grows(self) -> Self:
        if self.min_backoff > self.max_backoff:
            found = f"{self.min_backoff:g} and {self.max_backoff:g}"
            raise ValueError(f"expected min_backoff not above max_backoff, found {found}")
        return self


class Function(_Entry):
    """One deployable function. Exactly one of public, ``topic`` and ``schedule`` triggers it."""

    topic: str | None = None
    schedule: str | None = None
    public: bool = False
    cpu: float = 1
    """Processors of an instance, or a share of one. What waits is billed by the share, what computes takes longer.
    Bounds of this and the memory: https://cloud.google.com/run/docs/configuring/services/cpu"""
    memory: str = Field("512Mi", pattern=r"^[1-9][0-9]{0,4}(Mi|Gi)$")
    timeout: int = Field(60, ge=1, le=540)
    """Seconds; also the acknowledgement deadline, so at most what Pub/Sub push allows."""
    concurrency: int = Field(1, ge=1, le=1000)
    """Calls that an instance takes at once, each on a thread of its own."""
    max_instances: int = Field(1, ge=1, le=100)
    """Together with ``concurrency`` the most calls at once: what the store and the vendors have to bear."""
    secrets: tuple[_Secret, ...] = ()
    publishes: tuple[_Name, ...] = ()
    """Topics it may put messages on; in the cloud it has the right to no other."""
    documents: Literal["change", "create"] = "change"
    """What it may do with documents in the cloud: all, or only add one and see none."""
    silence: int | None = Field(None, ge=120, le=84600, multiple_of=60)
    """Seconds without a good run after which somebody is told, whole minutes; nobody is while the policy replaces the
    schedule. Bounds are those of Cloud Monitoring (https://cloud.google.com/monitoring/alerts/metric-absence)."""

    @property
    def lease_seconds(self) -> int:
        """How long a lease taken by this function lasts: longer than any call may live."""
        return 2 * self.timeout

    @property
    def memory_gib(self) -> float:
        """The memory of an instance."""
        return int(self.memory[:-2]) / (1024 if self.memory.endswith("Mi") else 1)

    @model_validator(mode="after")
    def _fits_an_instance(self) -> Self:
        least, most = self._memory_bounds()
        if not least <= self.memory_gib <= most:
            expected = f"{least * 1024:g}Mi to {most * 1024:g}Mi with {self.cpu:g} cpu"
            raise ValueError(f"memory: expected {expected}, found {self.memory}; change either")
        if self.cpu < 1 and self.concurrency > 1:
            found = f"{self.concurrency} with {self.cpu:g}"
            raise ValueError(f"concurrency: expected 1 with less than one cpu, found {found}; change either")
        return self

    def _memory_bounds(self) -> tuple[float, float]:
        if _LEAST_CPU <= self.cpu < 1:
            return 0.125, 0.5 if self.cpu < 0.5 else 1
        if self.cpu not in _WHOLE_CPUS:
            expected = f"{_LEAST_CPU:g} to 1, or one of {', '.join(map(str, _WHOLE_CPUS))}"
            raise ValueError(f"cpu: expected {expected}, found {self.cpu:g}")
        return _WHOLE_CPUS[int(self.cpu)]

    @model_validator(mode="after")
    def _one_trigger(self) -> Self:
        triggers = [name for name in ("topic", "schedule") if getattr(self, name)]
        if self.public:
            triggers.append("public")
        if len(triggers) != 1:
            raise ValueError(f"expected exactly one of topic, schedule, public; found {triggers or 'none'}")
        return self


class Manifest(_Entry):
    """Every function and every topic of the bundle."""

    topics: tuple[_Name, ...]
    delivery: Delivery = Field(default_factory=Delivery.model_construct)
    functions: dict[_Name, Function]

    @model_validator(mode="after")
    def _known_topics(self) -> Self:
        for name, function in self.functions.items():
            for topic in (function.topic, *function.publishes):
                if topic and topic not in self.topics:
                    raise ValueError(f"{name}: topic {topic!r} is not among topics {list(self.topics)}")
        return self

    def subscriptions(self) -> dict[str, tuple[str, ...]]:
        """Topic → the functions its messages are pushed to. A topic without one loses messages."""
        return {
            topic: tuple(name for name, function in self.functions.items() if function.topic == topic)
            for topic in self.topics
        }


def load(path: Path) -> Manifest:
    """Read the manifest. Raises ``OSError``, ``yaml.YAMLError`` or, naming the entry, ``pydantic.ValidationError``."""
    import yaml  # a package reads JSON, and does not pay for YAML

    return Manifest.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
