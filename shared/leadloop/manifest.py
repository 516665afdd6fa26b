"""``functions/functions.yaml`` read and checked: routing, schedules and limits of every function."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
"""Of a function or topic: becomes a folder, a service, a subscription and a part of a path."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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
    memory: str = "512Mi"
    timeout: int = Field(60, ge=1, le=540)
    """Seconds; also the acknowledgement deadline, so at most what Pub/Sub push allows."""
    concurrency: int = 1
    max_instances: int = 1
    secrets: tuple[str, ...] = ()
    publishes: tuple[_Name, ...] = ()
    """Topics it may put messages on; in the cloud it has the right to no other."""
    silence: int | None = Field(None, ge=120, le=84600)
    """Seconds without a good run after which somebody is told. Bounds are those of Cloud Monitoring
    (https://cloud.google.com/monitoring/alerts/metric-absence)."""

    @property
    def lease_seconds(self) -> int:
        """How long a lease taken by this function lasts: longer than any call may live."""
        return 2 * self.timeout

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
    delivery: Delivery = Delivery()
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
    """Read the manifest: YAML, or the JSON a package carries when its name ends in ``.json``.

    Raises ``OSError``, ``yaml.YAMLError`` or, naming the entry, ``pydantic.ValidationError``.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return Manifest.model_validate_json(text)
    import yaml  # a package reads JSON, and does not pay for YAML

    return Manifest.model_validate(yaml.safe_load(text))
