"""What is said to a person when the host has started."""

from __future__ import annotations

from collections.abc import Mapping

from leadloop.policy import ContactMode
from leadloop_host.startup import Plan

_CONTACTS = {
    ContactMode.NONE: "nothing personal is accepted, stored or read from the CRM",
    ContactMode.HASH: "phones and e-mails become keyed hashes; no name, phone or e-mail is stored",
    ContactMode.KEEP: "names, phones and e-mails are kept, sealed, for the retention period",
}


def banner(plan: Plan, host: str, ports: Mapping[str, int], public_host: str, data: str) -> str:
    """Where the host listens, what it serves and where personal data may go."""
    mode = plan.policy.contacts.mode
    lines = [f"leadloop serves {data} at http://{_address(host)}:{ports['port']}/ (ends with Ctrl+C)"]
    if "public_port" in ports:
        lines.append(f"  public functions only, for a proxy: http://{_address(public_host)}:{ports['public_port']}/")
    lines.append(f"  contacts: {mode.value} ({_CONTACTS[mode]})")
    schedules = {schedule.function: schedule.cron for schedule in plan.schedules}
    width = max(map(len, plan.manifest.functions))
    for name, function in plan.manifest.functions.items():
        trigger = f"messages on {function.topic}" if function.topic else f"schedule {schedules.get(name)} (UTC)"
        lines.append(f"  /{name:{width}}  {'public' if function.public else trigger}")
    return "\n".join(lines) + "\n"


def _address(host: str) -> str:
    return f"[{host}]" if ":" in host else host
