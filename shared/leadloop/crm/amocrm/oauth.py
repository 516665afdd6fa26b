"""Access by OAuth: a token of a day, renewed with one that works once (docs/decisions/0018-single-use-tokens.md).

A renewal is begun in the store before it is asked for, and what it brings rests there before it is used:

    in force → begun (until then nobody else begins) → asked for → the new pair in force

Whoever finds a renewal begun goes on with the old access token while that lives, else puts the work off. One that never
ended is begun again with the same refresh token: amoCRM alone knows whether that was used.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

from leadloop import timestamps
from leadloop.crm.amocrm import tokens
from leadloop.crm.amocrm.access import TokenUnavailable
from leadloop.crm.amocrm.grants import Integration, exchange
from leadloop.crm.amocrm.tokens import LONGEST_WAIT, Tokens
from leadloop.crm.token_expiry import TokenEnd
from leadloop.crm.token_seal import TokenSeal
from leadloop.identity.sealing import SealUnreadable
from leadloop.ports.http import Refused, VendorError
from leadloop.ports.store import PreconditionFailed, StoreUnavailable
from leadloop.runtime import SettingMissing
from leadloop.secrets import AMOCRM_CLIENT_SECRET, SecretMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from leadloop.policy.amocrm_oauth import AmoCrmOAuth
    from leadloop.ports.store import Store
    from leadloop.runtime import Runtime

_RENEWAL_TAKES = timedelta(minutes=2)
"""Longer than a renewal can: waiting for the pace, the call and the commits after it."""
_YOUNG = timedelta(hours=1)
"""A token refused so soon after it was given is not refused for its age: another would fare no better."""
_TRIES_TO_STORE = 5
_AUTHORISE = "get a new code in the integration's keys, and run `leadloop authorise`"
_WORTHLESS = (400, 401)
"""Answers by which a refresh token, or what goes with it, is not accepted: https://www.amocrm.ru/developers/content/oauth/oauth"""


class OAuthNotChosen(Exception):
    """The policy names no integration, so there is nothing to authorise."""

    def __init__(self) -> None:
        super().__init__(
            "expected an amoCRM account with crm.oauth (client_id, redirect_uri) in the policy, found none; "
            "a long-lived token needs no authorising"
        )


class OAuthAccess:
    """An ``Access`` whose pair of tokens rests in the store. One object serves one call of a function."""

    def __init__(self, runtime: Runtime, base_url: str, host: str, settings: AmoCrmOAuth) -> None:
        """Reads no secret and opens no store yet."""
        self._runtime = runtime
        self._base_url = base_url
        self._host = host
        self._settings = settings
        self._held: Tokens | None = None

    def token(self, operation: str) -> str:
        """See ``Access``."""
        held = self._held
        if held is None or held.is_due(self._runtime.clock.now()):
            held = self._held = self._in_force(operation)
        if held.access_until <= self._runtime.clock.now():
            raise TokenUnavailable(operation, f"the token ended; {_wait(held)}")
        return held.access

    def another(self, operation: str, rejected: str) -> str | None:
        """See ``Access``. One that somebody else obtained meanwhile, or a new one, unless the rejected one is young."""
        held, now = self._resting(operation), self._runtime.clock.now()
        if held.access == rejected:
            if timedelta(0) <= now - held.obtained_at < _YOUNG:
                return None
            if not held.is_waiting(now):
                held = self._renewed(held, operation)
        self._held = held
        if held.access == rejected:
            raise TokenUnavailable(operation, f"amoCRM takes the token no more; {_wait(held)}")
        return held.access

    def end(self) -> TokenEnd | None:
        """See ``Access``: when the refresh token ends, if nobody renews it until then."""
        try:
            held = self._held or self._resting("read_token")
        except TokenUnavailable:
            return None
        return TokenEnd(held.refresh_until, f"it is renewed with every use, so see why not; then {_AUTHORISE}")

    def authorise(self, code: str) -> Tokens:
        """Exchange a code for a pair and store it, whatever rests there.

        Raises ``TokenUnavailable`` (nothing was sent), another ``VendorError`` (the code may be used up) or
        ``StoreUnavailable``.
        """
        self._store.get_many([tokens.KEY])  # a store that is away must not cost the code
        integration, asked_at = self._integration, self._runtime.clock.now()
        new = Tokens.of(exchange(self._runtime.http, integration, "authorization_code", code), asked_at)

        def put() -> Tokens:
            [document] = self._store.get_many([tokens.KEY])
            tokens.write(self._store, self._seal, new, document.version if document is not None else None)
            return new

        return self._stored(put)

    def _in_force(self, operation: str) -> Tokens:
        held = self._resting(operation)
        return self._renewed(held, operation) if held.is_due(self._runtime.clock.now()) else held

    def _resting(self, operation: str) -> Tokens:
        try:
            held = tokens.read(self._store, self._seal)
        except SealUnreadable:
            found = "the tokens in the store were sealed for another client secret, integration or account"
            raise TokenUnavailable(operation, f"{found}; put that back, or {_AUTHORISE}") from None
        if held is None:
            raise TokenUnavailable(operation, f"leadloop is not authorised yet; {_AUTHORISE}")
        return held

    def _renewed(self, held: Tokens, operation: str) -> Tokens:
        """The next pair, or the present one with a wait: the next was not to be had, and that was logged."""
        log, now = self._runtime.log, self._runtime.clock.now()
        begun = held._replace(begun_at=held.begun_at or now, waits_until=now + _RENEWAL_TAKES)
        try:
            tokens.write(self._store, self._seal, begun, held.version)
        except PreconditionFailed:  # somebody else began it, or has done it
            return self._resting(operation)
        try:
            pair = exchange(self._runtime.http, self._integration, "refresh_token", held.refresh)
        except Refused as refusal:
            return self._refused(held, refusal)
        except VendorError as failure:
            what_to_do = "nothing if it passes: it is tried again, and the present token is used while it lives"
            log.warning("crm_token_not_renewed", crm="amocrm", reason=str(failure), what_to_do=what_to_do)
            return begun
        renewed = self._stored(partial(self._put_over, held.refresh, Tokens.of(pair, now)))
        log.info("crm_token_renewed", crm="amocrm", until=timestamps.to_text(renewed.access_until))
        return renewed

    def _put_over(self, used: str, new: Tokens) -> Tokens:
        """Put the new pair in the place of the used one. Another that rests there is newer, or this very one."""
        held = self._resting("refresh_token")
        if held.refresh != used:
            return held
        tokens.write(self._store, self._seal, new, held.version)
        return new

    def _refused(self, asked_with: Tokens, refusal: Refused) -> Tokens:
        """Say that amoCRM gives nothing for a refresh token, and let nobody ask again for a while."""
        held = self._resting("refresh_token")
        if held.refresh != asked_with.refresh:  # somebody was quicker after all
            return held
        waiting = held._replace(waits_until=self._runtime.clock.now() + LONGEST_WAIT)
        try:
            tokens.write(self._store, self._seal, waiting, held.version)
        except PreconditionFailed:
            return self._resting("refresh_token")
        is_worthless = refusal.status in _WORTHLESS
        reason = f"{refusal}; {_guess(asked_with)}" if is_worthless else str(refusal)
        what_to_do = _AUTHORISE if is_worthless else "see the reason: payment, rights, or an address that is shut out"
        self._runtime.log.error("crm_token_refused", crm="amocrm", reason=reason, what_to_do=what_to_do)
        return waiting

    def _stored(self, put: Callable[[], Tokens]) -> Tokens:
        """Try to store a new pair, the only one that works now. Raises ``StoreUnavailable``: then it is lost."""
        failure: Exception | None = None
        for _ in range(_TRIES_TO_STORE):
            try:
                return put()
            except (PreconditionFailed, StoreUnavailable) as fault:
                failure = fault
        reason = f"new tokens could not be stored, and the old ones work no more: {failure}"
        what_to_do = f"see the store; then {_AUTHORISE}"
        self._runtime.log.error("crm_token_lost", crm="amocrm", reason=reason, what_to_do=what_to_do)
        raise StoreUnavailable(f"{reason}; {what_to_do}")

    @property
    def _store(self) -> Store:
        try:
            return self._runtime.store
        except SettingMissing:
            found = (
                "its tokens rest in the store, and no store is named: say --data or --project; "
                "`leadloop authorise` also does what `leadloop init --crm` does"
            )
            raise TokenUnavailable("read_token", found) from None

    @cached_property
    def _seal(self) -> TokenSeal:
        return TokenSeal(self._integration.client_secret, f"amocrm {self._host} {self._settings.client_id}")

    @cached_property
    def _integration(self) -> Integration:
        try:
            secret = self._runtime.secrets.get(AMOCRM_CLIENT_SECRET)
        except SecretMissing as missing:
            raise TokenUnavailable("read_token", str(missing)) from None
        return Integration(self._base_url, self._settings.client_id, secret, self._settings.redirect_uri)


def _guess(asked_with: Tokens) -> str:
    """Why amoCRM may have refused."""
    if asked_with.begun_at is not None:
        at = timestamps.to_text(asked_with.begun_at)
        return f"the renewal begun at {at} did not end, so the answer with the next token is probably lost"
    return (
        "the refresh token was used elsewhere, withdrawn, or is over three months old; "
        "or client secret and redirect_uri are not the integration's"
    )


def _wait(held: Tokens) -> str:
    """What a renewal waits for."""
    if held.waits_until is None:
        return "it could not be renewed"
    until = timestamps.to_text(held.waits_until)
    return f"a renewal is under way or was refused (see crm_token_refused); next one after {until}"
