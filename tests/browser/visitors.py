"""People with a browser each: what they do on the site, and what a test may see of it afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, Route

from browser.served import Served
from leadloop.json_types import JsonObject

HOME = "http://sokol.example/"
LEAD_URL, VISIT_URL = "http://leads.example/capture-lead", "http://leads.example/capture-visit"
TAG_URL, COUNTER_URL = f"{VISIT_URL}/tag.js", "http://mc.example/metrica_tag.js"
GIVEN_UP_AFTER = 120.0
"""Seconds after which something never comes: far beyond what the busiest machine needs, and nobody waits for it."""
# Asked from outside, again and again: the clock of the page may stand still. Not by wait_for_function, which asks by
# eval: a strict page forbids that.
_LOOK = """(() => {
  const form = document.forms[0];
  try { return Boolean(%s); } catch (error) { return false; } // what is asked about is not there yet
})()"""
_NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
_SAID_BY_THE_NETWORK = ("Failed to load resource", "Access to fetch")


class Visitor:
    """A browser context: storage of its own, any number of tabs, one of them at hand."""

    def __init__(self, context: BrowserContext, served: Served) -> None:
        self.context = context
        self.served = served
        self.complaints: list[str] = []
        self.sent: list[tuple[str, str]] = []
        """Address and body of every post that left the browser."""
        context.set_default_timeout(GIVEN_UP_AFTER * 1000)
        context.on("weberror", lambda error: self.complaints.append(f"thrown: {error.error}"))
        context.on("console", self._heard)
        context.on("request", self._saw)
        self.page = context.new_page()

    def _heard(self, message: ConsoleMessage) -> None:
        if not message.text.startswith(_SAID_BY_THE_NETWORK):
            self.complaints.append(f"{message.type}: {message.text}")

    def _saw(self, request: Request) -> None:
        if request.method == "POST":
            self.sent.append((request.url, request.post_data or ""))

    # On the site

    def open(self, url: str = HOME, referrer: str | None = None, until: str = "form.elements.page") -> Self:
        """Come to a page and wait until the tag has done its work there."""
        self.page.goto(url, referer=referrer, wait_until="domcontentloaded")
        return self.see(until)

    def see(self, condition: str) -> Self:
        """Wait until a condition holds in the page; ``form`` is its first form."""
        self.wait_until(lambda: self._holds(condition), condition)
        return self

    def _holds(self, condition: str) -> bool:
        try:
            return bool(self.page.evaluate(_LOOK % condition))
        except Error as fault:
            if "context was destroyed" not in fault.message:
                raise
            return False  # the page was being left: it is looked for in the next one

    def new_tab(self) -> Page:
        """Another tab of the same browser, from now on the one at hand: a new session of the site."""
        self.page = self.context.new_page()
        return self.page

    def fields(self, form: str = "form") -> dict[str, str]:
        """What the form would send now, as a script reads it."""
        read = f"Object.fromEntries(new URLSearchParams(new FormData(document.querySelector({form!r}))))"
        return dict(self.page.evaluate(read))

    def call(self, command: str, *given: object) -> None:
        """``leadloop(command, …)``."""
        self.page.evaluate("call => leadloop(...call)", [command, *given])

    def leave_lead(self, **fields: object) -> tuple[bool | None, str]:
        """``leadloop('lead', …)``, and what its callback is told."""
        leave = "fields => new Promise(done => leadloop('lead', fields, (sent, id) => done([sent, id])))"
        sent, submission_id = self.page.evaluate(leave, fields)
        return sent, submission_id

    def stored(self, key: str) -> str | None:
        """An entry of localStorage."""
        found: str | None = self.page.evaluate("key => localStorage.getItem(key)", key)
        return found

    def kept_leads(self) -> list[JsonObject]:
        """Leads that wait in this browser to be sent."""
        read = "Object.keys(localStorage).filter(key => /^leadloop_\\d/.test(key)).map(key => localStorage[key])"
        return [json.loads(text) for text in self.page.evaluate(read)]

    def cookie(self, name: str) -> dict[str, Any] | None:
        """A cookie with all its attributes."""
        return next((dict(cookie) for cookie in self.context.cookies() if cookie["name"] == name), None)

    @property
    def touches(self) -> list[list[str]]:
        """First and last touch as localStorage has them: time, address, referrer."""
        parts = (self.stored("leadloop") or "").split("#")
        return [parts[:3], parts[3:]]

    @property
    def client_id(self) -> str:
        """What the counter calls this browser."""
        cookie = self.cookie("_ym_uid")
        return cookie["value"] if cookie else ""

    def wait_until(self, reached: Callable[[], object], what: str = "what is waited for") -> None:
        """Return as soon as something holds; the browser goes on meanwhile."""
        given_up_at = time.monotonic() + GIVEN_UP_AFTER
        while not reached():
            assert time.monotonic() < given_up_at, f"{what}: not within {GIVEN_UP_AFTER:.0f} s"
            self.page.wait_for_timeout(10)

    # Time, where it decides: no timer of a page goes off before the test says so, however slow the machine is

    def stop_clock(self) -> None:
        """From now on time stands still in every page of this browser. ``open`` would wait for ever: ``arrive``."""
        self.context.clock.install(time=_NOON)
        self.context.clock.pause_at(_NOON + timedelta(seconds=1))

    def arrive(self, url: str = HOME) -> Self:
        """Come to a page, until the tag is at work there; forms it leaves alone for yet 300 ms."""
        self.page.goto(url, wait_until="commit")
        return self.see("window.leadloop && leadloop.on")

    def let_pass(self, milliseconds: int) -> None:
        """So much time passes at once; the timers go off that are due then."""
        self.context.clock.run_for(milliseconds)

    # The network

    def answer(self, url: str, how: Callable[[Route], object]) -> None:
        """Let requests to an address meet another fate than usual."""
        self.context.route(url, how)

    def serve(self, url: str, body: str, media_type: str = "text/html") -> None:
        """Let an address give this text."""
        headers = {"Access-Control-Allow-Origin": "*", "Content-Type": f"{media_type}; charset=utf-8"}
        self.answer(url, lambda route: route.fulfill(body=body, headers=headers))

    def block(self, *urls: str) -> None:
        for url in urls:
            self.answer(url, lambda route: route.abort("blockedbyclient"))

    def hold(self, url: str) -> list[Route]:
        """Keep requests waiting; the test lets them go on when it likes."""
        held: list[Route] = []
        self.answer(url, lambda route: held.append(route))
        return held

    def let_go(self, url: str, held: list[Route]) -> None:
        """The network is as usual again, also for what has been waiting."""
        for route in held:
            route.continue_()
        self.context.unroute(url)
        held.clear()

    def bodies_to(self, url: str) -> list[JsonObject]:
        """JSON that left the browser for an address."""
        return [json.loads(body) for to, body in self.sent if to == url]

    @property
    def beacons(self) -> list[JsonObject]:
        return self.bodies_to(VISIT_URL)


class Visitors:
    """Makes visitors; at the end each must have been left in peace."""

    def __init__(self, browser: Browser, served: Served) -> None:
        self._browser = browser
        self._served = served
        self._made: list[Visitor] = []

    def new(self, **options: Any) -> Visitor:  # noqa: ANN401 - what new_context takes
        visitor = Visitor(self._browser.new_context(**options), self._served)
        self._made.append(visitor)
        return visitor

    def end(self) -> None:
        """Close every browser. Nothing may have been thrown into a page or said in a console."""
        for visitor in self._made:
            visitor.context.unroute_all(behavior="ignoreErrors")
            visitor.context.close()
        assert [said for visitor in self._made for said in visitor.complaints] == []
