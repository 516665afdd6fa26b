"""One run of upload-conversions, in order: recover, settle the unknown, look for refused rows, send what is new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from leadloop import timestamps
from leadloop.conversions.announcing import Announcement
from leadloop.conversions.budget import Budget
from leadloop.conversions.claiming import LEADS_PER_COMMIT, Claimer, Filling
from leadloop.conversions.context import UploadContext
from leadloop.conversions.leaves import RowsMissing, read_claims, read_lines
from leadloop.conversions.ledger import Entry, UploadLedger, UploadTaken
from leadloop.conversions.preflight import CLOCK_TOLERANCE, look_at_counter
from leadloop.conversions.releasing import Releaser
from leadloop.conversions.selection import Choice, Selection
from leadloop.conversions.sending import Sender, VendorTrouble
from leadloop.conversions.states import State
from leadloop.conversions.summary import Summary
from leadloop.conversions.unknowns import Unknowns
from leadloop.ports.http import VendorError

FRESH = CLOCK_TOLERANCE + timedelta(minutes=5)
"""A row sent so soon after its own time may be in the future for a vendor whose clock is behind ours."""
OFFERED_AGAIN_WITHIN = timedelta(days=1)


class UploadRun:
    """A bounded amount of work that may be interrupted anywhere and begun twice at once."""

    def __init__(self, context: UploadContext) -> None:
        self._context = context
        self._ledger = UploadLedger(context)
        self._releaser = Releaser(context, self._ledger)
        self._unknowns = Unknowns(context, self._ledger)
        self._budget = Budget(context.policy.defaults.uploads_per_run, context.clock, context.last_start())
        self._sender = Sender(context, self._ledger, self._releaser, self._unknowns, self._budget)
        self._summary = Summary()
        self._announcement = Announcement(context, self._summary)

    def run(self) -> Summary:
        """Do what is to be done now. Whatever is wrong with Metrica ends in the summary, not in an exception."""
        try:
            self._recover()
            targets = self._settle_the_past()
            self._send_new(Selection(self._context.policy, self._context.now(), targets))
            self._send_halves(self._context.policy.defaults.uploads_per_run)
        except VendorTrouble as trouble:
            self._summary.stopped = str(trouble)
            self._announcement.note_stopped(self._context.store)
        except UploadTaken as taken:
            self._summary.stopped = str(taken)
        self._announcement.say()
        self._context.log.info("upload_run_finished", **self._summary.as_json())
        return self._summary

    def offer_refused_again(self) -> int:
        """Give back the rows that Metrica refused one by one, after somebody has put right what was wrong.

        Returns how many. They are frozen as they were, so a correction in the policy does not change them.
        """
        refused = self._ledger.in_state(State.REFUSED)
        for entry in refused:
            self._releaser.release(entry, "offered again by hand")
        return sum(entry.upload.count for entry in refused)

    def _recover(self) -> None:
        """Uploads that a crashed run left behind: nothing was sent, or nobody knows."""
        now = self._context.now()
        for entry in self._ledger.in_state(State.RELEASING):
            self._summary.count(self._releaser.finish(entry))
        for entry in self._ledger.in_state(State.FILLING, State.READY):
            if entry.upload.abandoned(now) and not entry.upload.is_half:
                self._summary.count(self._releaser.release(entry, "the run that filled it ended before sending it"))
        self._unknowns.presume()
        self._offer_too_fresh_again(now)

    def _offer_too_fresh_again(self, now: datetime) -> None:
        """Rows refused within minutes of their own time: to a clock behind ours they were the future.

        Offered once more after that has passed; by then the row is old, so a second refusal stays.
        """
        for entry in self._ledger.in_state(State.REFUSED):
            sent_at = timestamps.from_text(entry.upload.sent_at or entry.upload.created_at)
            if not FRESH < now - sent_at < OFFERED_AGAIN_WITHIN:
                continue
            times = [
                timestamps.from_unix(claim.date_time) for _, claim in read_claims(self._context.store, entry.upload)
            ]
            if times and all(sent_at - at <= FRESH for at in times):
                self._summary.count(self._releaser.release(entry, "it was refused within minutes of its own time"))

    def _settle_the_past(self) -> frozenset[str] | None:
        preflight = look_at_counter(self._context)
        if preflight.trouble is not None:
            raise VendorTrouble(preflight.trouble)
        try:
            self._summary.uploads["adopted"] += self._unknowns.resolve()
        except VendorError as failure:
            raise VendorTrouble(str(failure)) from None
        for entry in self._unknowns.proven_absent():
            if self._budget.allows():
                self._send_again(entry)
        # Half of the run's files at most, so that one bad row cannot keep all others waiting.
        self._send_halves(self._context.policy.defaults.uploads_per_run // 2)
        return preflight.targets

    def _send_halves(self, files: int) -> None:
        """Look for refused rows, in the largest halves first."""
        passed_over: set[str] = set()
        while files > 0 and self._budget.allows():
            waiting = [entry for entry in self._ready_halves() if entry.upload.token not in passed_over]
            if not waiting:
                return
            entry = min(waiting, key=lambda one: (len(one.upload.token), one.upload.created_at, one.upload.token))
            self._send_again(entry)
            passed_over.add(entry.upload.token)
            files -= 1

    def _ready_halves(self) -> list[Entry]:
        return [entry for entry in self._ledger.in_state(State.READY) if entry.upload.is_half]

    def _send_again(self, entry: Entry) -> None:
        """Send a file whose rows were claimed by an earlier run, as they stand in the leads."""
        try:
            self._summary.count(self._sender.send(entry, read_lines(self._context.store, entry.upload)))
        except RowsMissing as fault:
            what_to_do = "restore the leads' documents from a backup; the file is not sent without them"
            self._context.log.error("upload_rows_missing", reason=str(fault), what_to_do=what_to_do)
        except VendorTrouble:
            # Trouble with a counter that the policy no longer names, written down already, is none of this one.
            if entry.upload.counter == self._context.metrica.counter:
                raise

    def _send_new(self, selection: Selection) -> None:
        claimer = Claimer(self._context, self._ledger, selection, self._budget.allows)
        try:
            enough = self._context.half_time()
            for page in selection.pages(self._context.store):
                if self._context.now() > enough:
                    break  # what is claimed must still be sent; the next run goes on
                self._announcement.note(page)
                chosen = [choice for choice in page if choice.changes_lead]
                for start in range(0, len(chosen), LEADS_PER_COMMIT):
                    self._claim(claimer, chosen[start : start + LEADS_PER_COMMIT])
            while (filling := claimer.take_any()) is not None:
                self._send_filled(filling)
        except VendorTrouble as trouble:
            while (filling := claimer.take_any()) is not None:
                self._summary.count(self._releaser.release(filling.entry, f"not begun: {trouble}"))
            raise
        finally:
            self._summary.put_off += claimer.put_off

    def _claim(self, claimer: Claimer, choices: Sequence[Choice]) -> None:
        while choices:
            choices = claimer.claim(choices)
            while (filling := claimer.take_full()) is not None:
                self._send_filled(filling)

    def _send_filled(self, filling: Filling) -> None:
        if not filling.lines or not self._budget.allows():
            reason = "the time of the run was over" if filling.lines else "it got no rows"
            self._summary.count(self._releaser.release(filling.entry, reason))
            return
        ready = self._sender.seal(filling.entry, filling.lines)
        self._summary.count(self._sender.send(ready, filling.lines))
