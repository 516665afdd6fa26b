"""The section ``call_tracker``: a call tracker beside the CRM, and what of it counts as leads."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from typing import Annotated, Literal, Protocol

from pydantic import Field

from leadloop.policy.section import Section
from leadloop.policy.value_types import Stage, Written, YesOrNo, ZoneName

DataApiHost = Annotated[
    str,
    Written(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+", "the host of the Data API, such as dataapi.uiscom.ru, no https://"),
]
TagId = Annotated[str, Written(r"[0-9]{1,20}", "the numeric id of a tag, such as 101", unquoted=True)]


class Statuses(Protocol):
    """What the statuses of an account mean."""

    def stage_of(self, pipeline_id: str, status_id: str) -> str | None:
        """The stage of a status; ``None`` when the policy does not map it."""
        ...

    def knows(self, pipeline_id: str, status_id: str) -> bool:
        """Whether the policy says anything of the status: a stage, or that it means nothing."""
        ...


class CallTracker(Section):
    """Calls, chats and site requests of a CoMagic, UIS or Novofon account."""

    kind: Literal["comagic"] = "comagic"
    """Which call tracker it is: CoMagic, UIS and Novofon are one platform."""
    host: DataApiHost = "dataapi.comagic.ru"
    """Host of its Data API: where the account was opened, and nowhere else, its key is valid."""
    time_zone: ZoneName | None = None
    """Zone of the account, in which its reports tell times; by default ``site.time_zone``."""
    calls: Literal["incoming", "answered", "all", "none"] = "incoming"
    """Which calls are leads when nobody is known who made them; ``all``: outgoing ones too; ``none``: calls are not
    read."""
    chats: YesOrNo = True
    """Whether chats are read."""
    requests: YesOrNo = True
    """Whether requests sent through the tracker's own forms are read."""
    tags: dict[TagId, Stage] = Field(default_factory=dict)
    """Tag id → the stage that a call, chat or request has reached once it bears the tag."""
    requests_per_second: float = Field(3, gt=0, le=50, strict=True)
    """How fast it is asked; most accounts may ask 250 times a minute."""

    @property
    def media(self) -> tuple[str, ...]:
        """What is read: some of ``call``, ``chat`` and ``request``."""
        read = {"call": self.calls != "none", "chat": self.chats, "request": self.requests}
        return tuple(medium for medium, is_read in read.items() if is_read)

    def makes_lead(self, medium: str, *, is_incoming: bool, is_answered: bool) -> bool:
        """Whether a communication of nobody known is a lead; others are only told to leads that are known."""
        if medium != "call" or self.calls == "all":
            return medium in self.media
        return is_incoming and (is_answered or self.calls == "incoming")

    @property
    def stages(self) -> frozenset[str]:
        """Every stage some tag maps to."""
        return frozenset(self.tags.values())

    def stage_of(self, pipeline_id: str, status_id: str) -> str | None:
        """The stage of a tag; ``None`` when the policy does not map it."""
        del pipeline_id  # tags are one list
        return self.tags.get(status_id)

    def knows(self, pipeline_id: str, status_id: str) -> bool:
        """Always: a tag may mean nothing here, and most do."""
        del pipeline_id, status_id
        return True
