"""Where visits come from: what a browser knows of it, and the label that the policy gives it by its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode

from market.inquiries import NONE
from market.rules import AVITO_NUMBER, CIAN_NUMBER, HEADER_NUMBER, POSTER_NUMBER
from support.policies import ORIGIN


@dataclass(frozen=True)
class Visit:
    """How somebody came, and what that is called."""

    source: str
    params: Mapping[str, str] = field(default_factory=dict)
    referrer: str = ""

    @property
    def has_click(self) -> bool:
        """Whether a click id came along that can be one."""
        return "gclid" in self.params or self.params.get("yclid", "").isdecimal()

    def fields(self, chance: Random) -> dict[str, str]:
        """The form's fields that tell of it: the form stands on the first page, or the tag remembered that page."""
        landing = f"{ORIGIN}/kvartiry?{urlencode(self.params)}" if self.params else f"{ORIGIN}/kvartiry"
        told = {"page": landing}
        way = chance.random()
        if way < 0.5:
            told = {"page": f"{ORIGIN}/contacts", "landing": landing}
        elif way < 0.7 and self.params:
            told = {"page": f"{ORIGIN}/contacts", **self.params}
        return {**told, "referrer": self.referrer} if self.referrer else told


YANDEX_PAGES = ("https://yandex.ru/", "https://ya.ru/", "https://yandex.ru/search/?text=")
GOOGLE_PAGES = ("https://www.google.com/", "https://www.google.ru/")


def _utm(chance: Random, *spellings: str, medium: str = "cpc") -> dict[str, str]:
    campaign = chance.choice(("vesna_2026", "brand", "{campaign_id}", "Новостройки|Москва", "113445566"))
    return {"utm_source": chance.choice(spellings), "utm_medium": medium, "utm_campaign": campaign}


def _yandex_utm(chance: Random) -> dict[str, str]:
    return _utm(chance, "yandex", "Yandex", "YANDEX", "yandex", "яндекс", "yandex-cpc", "ya_direct", "Yandex ")


def _yclid(chance: Random) -> str:
    return str(chance.randrange(10**18, 18 * 10**18))


def direct_click(chance: Random) -> Visit:
    """Direct's own click id, with tags or without, and mostly a referrer of Yandex."""
    tags = _yandex_utm(chance) if chance.random() < 0.7 else {}
    return Visit("yandex_direct", {**tags, "yclid": _yclid(chance)}, chance.choice(("", *YANDEX_PAGES)))


def direct_without_click(chance: Random) -> Visit:
    """The click id was lost in a redirect, or came broken by a spreadsheet."""
    broken = {"yclid": "1.7E+18"} if chance.random() < 0.2 else {}
    return Visit("yandex_direct", {**_yandex_utm(chance), **broken}, chance.choice(("", *YANDEX_PAGES)))


def google_click(chance: Random) -> Visit:
    gclid = "".join(chance.choice("ABCDEFGHabcdefgh0123456789_-") for _ in range(40))
    tags = _utm(chance, "google", "Google", "GOOGLE", "ggl", "гугл", "adwords") if chance.random() < 0.6 else {}
    return Visit("google_ads", {**tags, "gclid": f"Cj0{gclid}"}, chance.choice(("", *GOOGLE_PAGES)))


def vk_ad(chance: Random) -> Visit:
    tags = _utm(chance, "vk", "VK", "vkontakte", "Vkontakte", "вконтакте", "vk_ads", "vk-ads", medium="cpm")
    return Visit("vk_ads", tags, chance.choice(("", "https://vk.com/", "https://away.vk.com/", "https://m.vk.com/")))


def search(chance: Random) -> Visit:
    if chance.random() < 0.6:
        return Visit("yandex_search", referrer=chance.choice(YANDEX_PAGES))
    return Visit("google_search", referrer=chance.choice(GOOGLE_PAGES))


def social(chance: Random) -> Visit:
    return Visit(
        "vk_social", referrer=chance.choice(("https://vk.com/", "https://m.vk.com/", "https://away.vk.com/to"))
    )


def telegram(chance: Random) -> Visit:
    if chance.random() < 0.5:
        return Visit("telegram", referrer=chance.choice(("https://t.me/", "https://web.telegram.org/")))
    return Visit("telegram", _utm(chance, "telegram", "Telegram", "tg", "TG", "телеграм", medium="post"))


def mailing(chance: Random) -> Visit:
    if chance.random() < 0.4:
        return Visit("mailing", referrer=chance.choice(("https://mail.google.com/", "https://e.mail.ru/inbox")))
    return Visit("mailing", _utm(chance, "email", "e-mail", "Email", "рассылка", "SendSay", medium="newsletter"))


def aggregator(chance: Random) -> Visit:
    if chance.random() < 0.5:
        return Visit(
            "cian", referrer=chance.choice(("https://www.cian.ru/zhk/", "https://cian.ru/", "https://spb.cian.ru/"))
        )
    tagged = _utm(chance, "avito", "Avito", "авито", medium="listing")
    return Visit(
        "avito", *chance.choice(((tagged, ""), ({}, "https://www.avito.ru/moskva"), (tagged, "https://m.avito.ru/")))
    )


def qr_code(chance: Random) -> Visit:
    if chance.random() < 0.5:
        return Visit("outdoor", {"utm_source": chance.choice(("qr", "QR")), "utm_campaign": "billboard-lenina"})
    return Visit("leaflets", {"utm_source": chance.choice(("qr", "QR")), "utm_campaign": "leaflet_sept"})


def assistant(chance: Random) -> Visit:
    return Visit("assistants", referrer=chance.choice(("https://chatgpt.com/", "https://www.perplexity.ai/")))


def unlisted(chance: Random) -> Visit:
    """Names that the dictionary does not know: each is its own line."""
    blogger = chance.choice(("ivanov", "petrova"))
    if chance.random() < 0.5:
        spelt = chance.choice((f"blog_{blogger}", f"Blog {blogger.title()}", f"BLOG-{blogger.upper()}"))
        return Visit(f"blog_{blogger}", _utm(chance, spelt, medium="post"))
    return Visit(f"{blogger}_example", referrer=f"https://{blogger}.example/novostroyki")


def unresolved(chance: Random) -> Visit:
    """A template that was put into the link as it stands."""
    return Visit(
        NONE, {"utm_source": chance.choice(("{source}", "{{site_source_name}}", "{utm_source}", "{source_type}"))}
    )


def nothing(chance: Random) -> Visit:
    """Typed by hand, a bookmark, a page of the site itself, or back from paying a reservation."""
    own = (
        f"{ORIGIN}/",
        "https://www.sokol.example/plans",
        "https://securepay.tinkoff.ru/x",
        "https://yoomoney.ru/checkout",
    )
    return Visit(NONE, referrer=chance.choice(("", "", "", *own)))


CHANNELS = {
    direct_click: 30,
    direct_without_click: 5,
    google_click: 6,
    vk_ad: 10,
    search: 16,
    social: 3,
    telegram: 4,
    mailing: 4,
    aggregator: 6,
    qr_code: 2,
    assistant: 1,
    unlisted: 2,
    unresolved: 1,
    nothing: 10,
}


def any_visit(chance: Random) -> Visit:
    [channel] = chance.choices(list(CHANNELS), list(CHANNELS.values()))
    return channel(chance)


def any_call(chance: Random) -> tuple[str, dict[str, str]]:
    """How a deal is born in the CRM: its true source, and what its fields show."""
    agent = chance.choice(("Агент Петрова", "агентство «Дом»", "АГЕНТ 7"))
    tag = chance.choice(("avito", "Avito"))
    ways: list[tuple[str, dict[str, str]]] = [
        ("cian", {"called_number": CIAN_NUMBER}),
        ("avito", {"called_number": AVITO_NUMBER}),
        ("outdoor", {"called_number": POSTER_NUMBER}),
        (NONE, {"called_number": HEADER_NUMBER}),
        ("agents", {"source": agent, "created_by": "user"}),
        ("walk_in", {"source": chance.choice(("Шоурум", "офис")), "created_by": "user"}),
        ("avito", {"utm_source": tag, "created_by": "integration"}),
        (NONE, {"created_by": "user"}),
    ]
    return chance.choices(ways, (20, 20, 10, 15, 15, 10, 5, 5))[0]
