"""What kind of page a visitor came from: the kept list of hosts, and whose pages are nobody's source.

A host stands for its subdomains too, unless one of them is listed by itself (``mail.yandex.ru`` under ``yandex.ru``).
Applications of Android send ``android-app://`` and their package instead of a host; a package stands here as a host.
"""

from __future__ import annotations

import re
from functools import lru_cache

REFERRAL, PAYMENT = "referral", "payment"


def _hosts(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


CLASSES: dict[str, tuple[str, ...]] = {
    "search": _hosts(
        "ya.ru rambler.ru nova.rambler.ru go.mail.ru duckduckgo.com ecosia.org search.brave.com search.yahoo.com "
        "baidu.com so.com startpage.com qwant.com seznam.cz naver.com ru.yandex.searchplugin com.yandex.browser "
        "com.yandex.searchapp ru.yandex.yandexnavi com.google.android.googlequicksearchbox "
        "com.google.android.apps.searchlite com.microsoft.bing com.duckduckgo.mobile.android"
    ),
    "social": _hosts(
        "vk.com vk.ru vkvideo.ru vk.cc ok.ru odnoklassniki.ru my.mail.ru dzen.ru zen.yandex.ru facebook.com "
        "fb.com fb.me instagram.com threads.net threads.com twitter.com x.com t.co youtube.com youtu.be rutube.ru "
        "tiktok.com linkedin.com lnkd.in pinterest.com reddit.com livejournal.com pikabu.ru tenchat.ru vc.ru "
        "setka.ru yappy.media com.vkontakte.android com.vk.vkvideo ru.ok.android com.facebook.katana "
        "com.instagram.android com.twitter.android com.google.android.youtube com.zhiliaoapp.musically "
        "com.linkedin.android com.pinterest ru.zen.android com.reddit.frontpage"
    ),
    "messenger": _hosts(
        "t.me telegram.me telegram.org web.telegram.org telegra.ph wa.me whatsapp.com viber.com max.ru "
        "discord.com skype.com messenger.com m.me signal.org icq.com web.vk.me vk.me org.telegram.messenger "
        "org.telegram.messenger.web org.thunderdog.challegram com.whatsapp com.whatsapp.w4b com.viber.voip "
        "ru.oneme.app com.facebook.orca com.discord"
    ),
    "email": _hosts(
        "mail.yandex.ru mail.yandex.com mail.yandex.kz mail.yandex.by mail.ya.ru e.mail.ru touch.mail.ru "
        "light.mail.ru octavius.mail.ru mail.rambler.ru mail.google.com outlook.com outlook.live.com "
        "outlook.office.com outlook.office365.com mail.yahoo.com icloud.com mail.proton.me unisender.com "
        "sendsay.ru dashamail.ru mailchimp.com com.google.android.gm ru.yandex.mail ru.mail.mailapp "
        "com.microsoft.office.outlook com.yahoo.mobile.client.android.mail"
    ),
    "aggregator": _hosts(
        "avito.ru cian.ru domclick.ru realty.yandex.ru realty.ya.ru n1.ru youla.ru farpost.ru mirkvartir.ru "
        "restate.ru m2.ru novostroy-m.ru realty.mail.ru move.ru etagi.com auto.ru drom.ru market.yandex.ru "
        "maps.yandex.ru uslugi.yandex.ru maps.google.com 2gis.ru 2gis.com zoon.ru profi.ru yell.ru sravni.ru "
        "banki.ru tutu.ru hh.ru ozon.ru wildberries.ru otzovik.com irecommend.ru flamp.ru prodoctorov.ru "
        "napopravku.ru tripadvisor.ru com.avito.android ru.cian.main ru.domclick.mortgage ru.dublgis.dgismobile "
        "ru.yandex.yandexmaps com.google.android.apps.maps"
    ),
    "assistant": _hosts(
        "chatgpt.com chat.openai.com perplexity.ai claude.ai gemini.google.com copilot.microsoft.com "
        "alice.yandex.ru alice.ya.ru giga.chat chat.deepseek.com grok.com com.openai.chatgpt"
    ),
    PAYMENT: _hosts(
        "securepay.tinkoff.ru securepayments.tbank.ru pay.tbank.ru pay.tinkoff.ru yookassa.ru yoomoney.ru "
        "securepayments.sberbank.ru online.sberbank.ru payecom.ru platiecom.ru pay.alfabank.ru "
        "payment.alfabank.ru robokassa.ru robokassa.com cloudpayments.ru paykeeper.ru payanyway.ru moneta.ru "
        "uniteller.ru prodamus.ru payform.ru unitpay.ru qr.nspk.ru pay.yandex.ru 3ds.sberbank.ru acs.sberbank.ru "
        "stripe.com paypal.com lifepay.ru"
    ),
}
"""By class its hosts. ``payment``: a visitor who comes back from paying came from elsewhere before."""

NAMED = (*(name for name in CLASSES if name != PAYMENT), REFERRAL)
"""Classes that a rule may name; ``referral`` is every other site."""

_BY_HOST = {host: name for name, hosts in CLASSES.items() for host in hosts}
_SEARCH_OF_MANY_COUNTRIES = r"(?:www\.|m\.|news\.|images\.)*(?:google|yandex|bing|yahoo)\.[a-z]{2,3}(?:\.[a-z]{2})?"


@lru_cache(maxsize=2048)
def class_of(host: str) -> str:
    """The class of a host, or of an application's package; ``referral`` when it is not in the list."""
    rest = host
    while rest:
        if found := _BY_HOST.get(rest):
            return found
        rest = rest.partition(".")[2]
    return "search" if re.fullmatch(_SEARCH_OF_MANY_COUNTRIES, host) else REFERRAL


def is_within(host: str, domain: str) -> bool:
    """Whether a host is the domain or one of its subdomains."""
    return host == domain or host.endswith(f".{domain}")
