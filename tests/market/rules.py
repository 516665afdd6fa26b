"""The policy that the market lives under: a dictionary with aliases, called numbers, agents, clients."""

from __future__ import annotations

from functools import cache

from leadloop.policy import Policy
from support.policies import sokol

CIAN_NUMBER, AVITO_NUMBER, POSTER_NUMBER, HEADER_NUMBER = "+74950000001", "+74950000002", "+74950000003", "+74950000000"
LISTED_AGENT_PHONES = tuple(f"7499555{n:04}" for n in range(100, 110))

DICTIONARY = {
    "yandex_direct": {"channel": "context", "names": ["yandex", "яндекс", "yandex_cpc", "ya_direct", "direct"]},
    "google_ads": {"channel": "context", "names": ["google", "adwords", "гугл", "ggl"]},
    "vk_ads": {"channel": "social_ads", "names": ["vk", "vkontakte", "вконтакте"]},
    "yandex_search": {"connection": "automatic", "names": ["yandex.ru", "ya.ru"]},
    "google_search": {"connection": "automatic", "names": ["www.google.com", "www.google.ru", "google.com"]},
    "vk_social": {"connection": "automatic", "names": ["vk.com", "m.vk.com", "away.vk.com"]},
    "telegram": {"connection": "automatic", "names": ["tg", "телеграм", "t.me", "web.telegram.org"]},
    "mailing": {"connection": "automatic", "names": ["email", "рассылка", "sendsay"]},
    "assistants": {"connection": "automatic"},
    "cian": {"channel": "aggregator", "names": ["циан"]},
    "avito": {"channel": "aggregator", "names": ["авито"]},
    "outdoor": {"channel": "offline", "names": ["billboard", "щит"]},
    "leaflets": {"channel": "offline"},
    "agents": {"channel": "partners", "connection": "crm"},
    "walk_in": {"channel": "offline", "connection": "manual", "names": ["офис", "шоурум"]},
}
RULES = [
    {"label": "cian", "called_number": CIAN_NUMBER},
    {"label": "avito", "called_number": AVITO_NUMBER},
    {"label": "outdoor", "called_number": POSTER_NUMBER},
    {"label": "cian", "referrer": "cian.ru"},
    {"label": "avito", "referrer": "avito.ru"},
    {"label": "mailing", "referrer": "email"},
    {"label": "assistants", "referrer": "assistant"},
    {"label": "outdoor", "utm_source": "qr", "utm_campaign": "billboard*"},
    {"label": "leaflets", "utm_source": "qr"},
    {"label": "agents", "crm_field": "source", "value": "агент*"},
]


@cache
def market_policy() -> Policy:
    """Defaults but for what a company must say itself: its sources, its agents, its clients."""
    return sokol(
        contacts={"transit": "allowed"},
        crm={"fields": {"source": "860001", "called_number": "860002"}},
        sources={"dictionary": DICTIONARY, "rules": RULES, "static_pool": [HEADER_NUMBER]},
        identity={"shared": [f"+{phone}" for phone in LISTED_AGENT_PHONES]},
        duplicates={"clients": {"stages": ["sold"], "within": "12 months"}},
    )
