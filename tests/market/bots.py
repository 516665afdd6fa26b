"""What bots do, from the clumsiest to the patient: a seventh of all leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from market.browsers import PROGRAMS, USER_AGENTS, new_browser, new_network
from market.spelling import new_phone
from market.town import Town


def honeypot_filler(town: Town) -> None:
    """Fills in every field there is, also the one that nobody sees."""
    seconds = round(town.chance.uniform(0.5, 9), 1)
    more = {"website": "https://prodvizhenie.example/"}
    town.write(town.person(), "bot_honeypot", town.moment(), seconds=seconds, more=more)


def headless(town: Town) -> None:
    """A browser without a screen, or a program, done at once."""
    chance = town.chance
    browser = new_browser(chance, chance.choice(PROGRAMS))
    town.write(
        town.person(), "bot_headless", town.moment(), browser=browser, seconds=round(chance.uniform(0.2, 2.5), 1)
    )


def burst(town: Town) -> None:
    """A script on one rented server with the User-Agent of a real browser: one after another, each done at once."""
    chance, network, at = town.chance, new_network(town.chance), town.moment()
    user_agent = chance.choice(USER_AGENTS)
    for _ in range(chance.randrange(15, 40)):
        town.write(
            town.person(),
            "bot_burst",
            at,
            browser=replace(new_browser(chance, user_agent), languages="ru"),
            network=network,
            seconds=round(chance.uniform(0.3, 2.6), 1),
        )
        at += timedelta(seconds=chance.uniform(10, 90))


def click_farm(town: Town) -> None:
    """People paid by the form: one room, five telephones with a new number each time, as slow as anybody."""
    chance, network, at = town.chance, new_network(town.chance), town.moment()
    agents = chance.sample(USER_AGENTS, 5)
    for _ in range(chance.randrange(25, 60)):
        browser = replace(new_browser(chance, chance.choice(agents)), languages="ru-RU,ru;q=0.9")
        town.write(
            town.person(), "bot_farm", at, browser=browser, network=network, seconds=round(chance.uniform(6, 40), 1)
        )
        at += timedelta(seconds=chance.uniform(20, 120))


def replayer(town: Town) -> None:
    """A ClientID that was bought or stolen, sent again and again from other people's routers."""
    chance, browser, at = town.chance, new_browser(town.chance), town.moment()
    for _ in range(chance.randrange(6, 21)):
        town.write(
            town.person(),
            "bot_replayer",
            at,
            browser=browser,
            network=new_network(chance),
            seconds=round(chance.uniform(1, 12), 1),
            more={"ym_client_id": browser.client_id},
        )
        at += timedelta(minutes=chance.uniform(0.5, 6))


def patient_farm(town: Town) -> None:
    """Numbers from one block of SIM cards, every quarter of an hour, from changing networks: nothing hurries."""
    chance, first, at = town.chance, int(new_phone(town.chance)[:-2] + "00"), town.moment()
    for number in range(chance.randrange(15, 30)):
        contacts = [f"phone:{first + number}"]
        town.write(town.person(), "bot_patient", at, contacts=contacts, network=new_network(chance))
        at += timedelta(minutes=chance.uniform(10, 40))


BOTS: dict[Callable[[Town], None], float] = {
    honeypot_filler: 0.035,
    headless: 0.04,
    burst: 0.025,
    click_farm: 0.025,
    replayer: 0.015,
    patient_farm: 0.01,
}
"""Each kind and its share of all leads."""
