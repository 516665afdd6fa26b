"""When each scheduled function is due: cron in UTC, from the manifest or the policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cronsim import CronSim

from leadloop.manifest import Manifest
from leadloop.policy.crons import check_cron
from leadloop_host.faults import StartRefused


@dataclass(frozen=True, slots=True)
class Schedule:
    """One function's cron expression, read as Cloud Scheduler reads it with the time zone UTC."""

    function: str
    cron: str

    def first_after(self, instant: datetime) -> datetime:
        """The first time strictly after the instant."""
        return next(CronSim(self.cron, instant))

    def last_until(self, instant: datetime) -> datetime:
        """The last time not after the instant."""
        return next(CronSim(self.cron, instant.replace(microsecond=0) + timedelta(seconds=1), reverse=True))


def schedules_of(manifest: Manifest, overrides: Mapping[str, str]) -> tuple[Schedule, ...]:
    """The schedules of a manifest with the policy's in their place. Raises ``StartRefused``."""
    own = {name: function.schedule for name, function in manifest.functions.items() if function.schedule}
    for name in overrides:
        if name not in own:
            raise StartRefused(
                f"policy: schedules.{name}: expected the name of a scheduled function ({', '.join(sorted(own))}), "
                f"found {name!r}; correct the name or remove the line"
            )
    schedules = tuple(Schedule(name, overrides.get(name, cron)) for name, cron in own.items())
    for schedule in schedules:
        if not (verdict := check_cron(schedule.cron)):
            place = "policy: schedules" if schedule.function in overrides else "functions.yaml: functions"
            raise StartRefused(
                f"{place}.{schedule.function}: expected a cron expression such as '*/15 * * * *' (UTC), "
                f"found {schedule.cron!r}: {verdict.reason}"
            )
    return schedules
