"""Chromium, a customer's site and a running host. Every host name is this machine: the browser is told so.

Most tests look at what pages do, and the engine alone shows it them: Chromium's headless shell costs a third of the
whole browser. Where the browser around the engine takes part it is the whole one: ``usefixtures("whole_browser")``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, sync_playwright

from browser.served import Served
from browser.site import Site
from browser.visitors import GIVEN_UP_AFTER, Visitor, Visitors
from leadloop.policy.loader import load_policy
from unit.host.host_driver import HostDriver

ROOT = Path(__file__).parents[2]
SITES = ("sokol.example", "lk.sokol.example", "www.sokol.example")
WITHOUT = ",".join(
    (
        *("HttpsUpgrades", "LocalNetworkAccessChecks"),  # visitors use plain http, and the site is this machine
        "BackForwardCacheMemoryControls",  # a small machine would forget pages
        # Work that no test looks at.
        *("SpareRendererForSitePerProcess", "Translate", "OptimizationHints", "MediaRouter", "GlobalMediaControls"),
    )
)
EXAMPLE = ROOT / "examples" / "real_estate" / "leadloop.yaml"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; without one the tests are skipped, and fail in CI."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found:
        return found
    reason = "no chromium on the PATH: apt-get install chromium chromium-headless-shell"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with Site() as served:
        yield served


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[HostDriver]:
    """The real functions under the example's policy, whose site is the one of the tests."""
    folder = tmp_path_factory.mktemp("host")
    policy = load_policy(EXAMPLE).model_dump(mode="json", exclude_defaults=True)
    policy["site"]["origins"] = [f"{scheme}://{name}" for scheme in ("http", "https") for name in SITES]
    (folder / "leadloop.yaml").write_text(yaml.safe_dump(policy, allow_unicode=True))
    options = ["--policy", str(folder / "leadloop.yaml"), "--functions", str(ROOT / "functions")]
    driver = HostDriver(
        folder / "data",
        None,
        *options,
        LEADLOOP_AMOCRM_TOKEN="none",
        LEADLOOP_ENDPOINT_AMOCRM="http://127.0.0.1:9",  # the discard port: nobody is there
        LEADLOOP_METRICA_TOKEN="none",
        LEADLOOP_ENDPOINT_METRICA="http://127.0.0.1:9",
    )
    try:
        yield driver.start()
    finally:
        driver.end()


@pytest.fixture(scope="session")
def launch(site: Site, host: HostDriver) -> Iterator[Callable[[str], Browser]]:
    """Starts a program; in its browser ``leads.example`` is the host, every other name is the site."""
    rules = f"MAP leads.example 127.0.0.1:{host.ports['port']}, MAP * 127.0.0.1:{site.port}"
    arguments = [f"--host-resolver-rules={rules}", f"--disable-features={WITHOUT}"]
    with sync_playwright() as playwright:
        yield lambda program: playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", *arguments],
            timeout=GIVEN_UP_AFTER * 1000,
            ignore_default_args=["--disable-back-forward-cache"],  # visitors go back, and their pages come back alive
        )


@pytest.fixture(scope="session")
def browser(chromium: str, launch: Callable[[str], Browser]) -> Iterator[Browser]:
    """One headless shell; where there is none, one Chromium."""
    launched = launch(shutil.which("chromium-headless-shell") or chromium)
    yield launched
    launched.close()


@pytest.fixture(scope="session")
def whole_browser(chromium: str, launch: Callable[[str], Browser]) -> Iterator[Browser]:
    """One Chromium: it fills in addresses, and pages that were left live on in it."""
    launched = launch(chromium)
    yield launched
    launched.close()


@pytest.fixture(scope="session")
def served(site: Site, host: HostDriver) -> Served:
    """What came of the visitors' requests."""
    return Served(site, host)


@pytest.fixture
def visitors(request: pytest.FixtureRequest, served: Served) -> Iterator[Visitors]:
    """People with browsers of their own."""
    kind = "whole_browser" if "whole_browser" in request.fixturenames else "browser"
    made = Visitors(request.getfixturevalue(kind), served)
    yield made
    made.end()


@pytest.fixture
def anna(visitors: Visitors) -> Visitor:
    return visitors.new()
