"""checkov, a scanner with some hundred policies for what is deployed: https://www.checkov.io/2.Basics/CLI%20Command%20Reference.html.

It lives in an environment of its own and is run as a program. What is skipped is skipped where it stands, with the
reason: ``#checkov:skip=CKV_GCP_83:why``.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leadloop_preflight.faults import ToolMissing
from leadloop_preflight.outcome import Outcome

_STEP = "policies"
_FORMS = ("terraform", "dockerfile")
_SKIP = re.compile(r"checkov:skip=(?P<policy>[\w,]+)(?::(?P<reason>.*))?")
_WORDS = 3
"""The fewest of which a reason can be made."""


def find_checkov(environment: Path) -> Path:
    """Where checkov is. Raises ``ToolMissing``."""
    program = environment / "bin" / "checkov"
    if not program.is_file():
        raise ToolMissing(f"checkov is missing: expected {program}; run `make preflight`, which installs it there")
    return program


def scanned(checkov: Path, folder: Path) -> Outcome:
    """No policy is broken in a folder, and every one that is skipped is skipped for a reason."""
    unexplained = list(_unexplained(folder))
    if unexplained:
        return Outcome(_STEP, "refused", "a skip without a reason", "".join(unexplained))
    command = [str(checkov), f"--directory={folder}", "--framework", *_FORMS]
    command += ["--output=json", "--compact", "--quiet", "--skip-download"]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        answer = json.loads(ended.stdout)
    except ValueError:
        return Outcome(_STEP, "refused", "checkov gave no answer", ended.stdout + ended.stderr)
    return _outcome(answer if isinstance(answer, list) else [answer])


def _outcome(reports: list[dict[str, Any]]) -> Outcome:
    passed, failed, skipped, unread = (
        sum(report.get("summary", report)[count] for report in reports)
        for count in ("passed", "failed", "skipped", "parsing_errors")
    )
    remark = f"{passed} checks passed, {failed} failed, {skipped} skipped with a reason, {unread} files unread"
    if failed or unread or not passed:
        return Outcome(_STEP, "refused", remark, "".join(_findings(reports)))
    return Outcome(_STEP, "passed", remark)


def _findings(reports: list[dict[str, Any]]) -> Iterator[str]:
    for report in reports:
        for found in report.get("results", {}).get("failed_checks", ()):
            first, last = found["file_line_range"]
            where = f"{found['repo_file_path'].lstrip('/')}:{first}-{last}"
            yield f"{where}: {found['check_id']} {found['check_name']}: {found['resource']}\n"


def _unexplained(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".tf" or path.name.startswith("Dockerfile"):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                skip = _SKIP.search(line)
                if skip and len((skip["reason"] or "").split()) < _WORDS:
                    where = f"{path.relative_to(folder.parent)}:{number}"
                    yield f"{where}: {skip['policy']} is skipped; say why, as in checkov:skip={skip['policy']}:why\n"
