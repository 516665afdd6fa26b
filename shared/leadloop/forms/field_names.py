"""What people and builders call things: spellings of the fields a lead form may have.

Letter case, hyphens, spaces and underscores mean nothing (``Your-Phone`` is ``your phone``), ``ё`` is
``е``. Spellings of a role stand in order of trust: when a form has several, the first with a value wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from leadloop.forms.body import Path

_NOT_NAME = re.compile(r"[^0-9a-zа-я]+")
_NUMBERED = re.compile(r" \d{1,6}$")
_ADDRESSED = re.compile(
    r"^(?:your|user|client|customer|contact|lead|form|no label|ваш|ваша|ваше|мой|мое|контактный|введите) "
    r"(?:(?:ваш|ваша|ваше) )?"
)
_CARRIERS = frozenset(
    {
        "contact", "contacts", "lead", "data", "fields", "form data", "formdata", "body", "payload", "user",
        "client", "person", "values", "ids", "tracking", "meta", "extra", "analytics", "cookies", "0",
    }
)  # fmt: skip
"""Objects that only carry fields: ``contacts.phone`` is a phone, ``payment.products.0.name`` is no name."""

PERSONAL = ("phone", "email", "name", "messenger", "comment")

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "phone": ("phone", "tel", "telephone", "phone number", "phonenumber", "mobile", "mobile phone", "телефон",
              "номер телефона", "тел", "мобильный", "мобильный телефон", "whatsapp", "ma phone", "callerphone",
              "cellphone", "cell", "wa", "contact number", "номер", "номер для связи", "номер для звонка",
              "мобильный номер", "сотовый"),
    "email": ("email", "e mail", "mail", "email address", "почта", "электронная почта", "эл почта", "емейл", "имейл",
              "ma email"),
    "name": ("name", "full name", "fullname", "fio", "first name", "firstname", "username", "имя", "фио",
             "имя фамилия", "имя и фамилия", "как вас зовут", "как к вам обращаться", "ma name"),
    "messenger": ("messenger", "telegram", "tg", "viber", "vk", "vkontakte", "instagram", "skype", "max messenger",
                  "мессенджер", "телеграм", "телеграмм", "вайбер", "вконтакте", "вк", "ник в телеграм",
                  "max", "макс", "ник", "контакт", "контакты"),
    "comment": ("comment", "comments", "message", "text", "textarea", "question", "комментарий", "комментарии",
                "сообщение", "вопрос", "пожелания"),
    "phone_key": ("phone key", "phone hmac"),
    "email_key": ("email key", "email hmac"),
    "user_key": ("user key", "user hmac"),
    "client_id": ("ym client id", "ym clientid", "metrika client id", "metrica client id", "yandex client id",
                  "client id", "clientid", "ym uid"),
    "yclid": ("yclid", "ym yclid"),
    "gclid": ("gclid", "gcl id"),
    "user_id": ("user id", "userid", "ym user id"),
    "appmetrica_device_id": ("appmetrica device id", "appmetricadeviceid", "device id"),
    "submission_id": ("submission id", "submissionid", "tranid", "lead id", "leadid", "request id", "order id",
                      "payment orderid"),
    "form": ("form", "form name", "formname", "form id", "formid"),
    "page": ("page", "page url", "pageurl", "url", "href", "location"),
    "landing": ("landing", "landing page", "landing url", "first page", "entry page"),
    "referrer": ("referrer", "document referrer", "referer", "http referer"),
    "first_landing": ("first landing", "first landing page"),
    "first_referrer": ("first referrer",),
    "cookies": ("cookies", "cookie"),
    "honeypot": ("website", "gotcha", "hp", "honeypot", "bot field", "fax number", "leave empty"),
    "fill_seconds": ("fill seconds", "fill time"),
    "redirect": ("redirect", "redirect url", "redirect to", "next", "return url"),
}  # fmt: skip
"""Roles → spellings."""

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")

_NO_TAG = re.compile(r"<[^<>]*>|\((?:not set|none|not provided)\)", re.IGNORECASE)
"""What stands where a tag had no value: ``<не указано>``, ``(not set)``. Not whatever stands in brackets: those are
operators of Direct's keywords, ``[купить квартиру]``."""

_ROLE_OF: dict[str, tuple[str, int]] = {
    spelling: (role, rank) for role, spellings in SPELLINGS.items() for rank, spelling in enumerate(spellings)
}
_PHONE_WORDS = frozenset({"phone", "phones", "tel", "телефон", "телефона", "телефоны", "whatsapp", "ватсап", "вотсап"})
_EMAIL_WORDS = frozenset({"email", "emails", "почта", "почты"})
_MESSENGER_WORDS = frozenset(
    {"telegram", "tg", "телеграм", "телеграмм", "viber", "вайбер", "instagram", "skype", "ник", "никнейм"}
)
STAFF = frozenset({"manager", "менеджер", "менеджера", "admin", "operator", "оператор", "оператора"})
"""Whose contacts a form tells beside the visitor's, as ``Телефон менеджера``."""
_RUN_TOGETHER = (
    re.compile(r"(?<=[a-zа-яё])(?=[0-9])", re.IGNORECASE),
    re.compile(r"(?<=[a-zа-яё])(?=[A-ZА-ЯЁ0-9])"),
)
"""Where ``phone1`` and ``userPhone`` are two words. Contacts alone are told so: ``url2`` is anything."""
_TOLD_RUN_TOGETHER = frozenset({*PERSONAL, "phone_key", "email_key"})
_SPOKEN_RANK = 100


def plain_name(name: str) -> str:
    """A name as it is compared: ``_ym_uid`` → ``ym uid``, ``Номер-Телефона`` → ``номер телефона``."""
    return _NOT_NAME.sub(" ", name.casefold().replace("ё", "е")).strip()


def roles(values: Mapping[Path, str]) -> dict[str, tuple[str, ...]]:
    """The values offered for each role, the most trusted first. A field without a value offers nothing."""
    layout = _layout(tuple(values))
    offered: dict[str, tuple[str, ...]] = {
        role: (text,) for role, path in layout.roles if (text := values[path].strip())
    }
    for role, paths in layout.disputed:
        if texts := tuple([text for path in paths if (text := values[path].strip())]):
            offered[role] = texts
    return offered


def unwrapped(path: Path) -> Path:
    """The field that a list or an object of one value stands for: ``phone[]`` and ``phone[value]`` are ``phone``."""
    while len(path) > 1 and (path[-1].isdecimal() or path[-1] == "value"):
        path = path[:-1]
    return path


def role_of(path: Path) -> str | None:
    """What the field is, if its name says so."""
    known = _known_as(path)
    return known[0] if known else None


def utm_fields(values: Mapping[Path, str]) -> dict[str, str]:
    """``utm_*`` fields, flat or nested (``utm[source]``; Marquiz calls the campaign ``name``)."""
    found: dict[str, str] = {}
    for name, path in _layout(tuple(values)).utm:
        if (tag := values[path].strip()) and not tells_no_tag(tag):
            found.setdefault(name, tag)
    return found


def tells_no_tag(text: str) -> bool:
    """Whether a UTM tag says in words that there is none, as call trackers and analytics write it."""
    return text.startswith(("<", "(")) and _NO_TAG.fullmatch(text) is not None


def mapped(values: Mapping[Path, str], names: tuple[str, ...]) -> dict[str, str]:
    """The fields that the policy maps as not personal, under the policy's own names; a list is joined."""
    found: dict[str, str] = {}
    for name, paths in _mapped_paths(tuple(values), names):
        texts = {text: None for path in paths if (text := values[path].strip())}
        if texts:
            found[name] = ", ".join(texts)
    return found


# The forms of a site have the same names in every post, so what a name means is worked out once, and for all names of a
# form together. Few forms are remembered, since anyone may post 500 names that nobody ever posts again.


class _Layout(NamedTuple):
    """Where a form of these fields says what."""

    roles: list[tuple[str, Path]]
    """Roles that one field has."""
    disputed: list[tuple[str, list[Path]]]
    """Roles that several fields have, the most trusted first."""
    utm: list[tuple[str, Path]]


@lru_cache(maxsize=16)
def _layout(paths: tuple[Path, ...]) -> _Layout:
    ranked: dict[str, list[tuple[int, Path]]] = {}
    for path in paths:
        if known := _known_as(path):
            ranked.setdefault(known[0], []).append((known[1], path))
    by_trust = [(role, [path for _, path in sorted(found, key=itemgetter(0))]) for role, found in ranked.items()]
    return _Layout(
        roles=[(role, where[0]) for role, where in by_trust if len(where) == 1],
        disputed=[(role, where) for role, where in by_trust if len(where) > 1],
        utm=[(name, path) for path in paths if (name := _utm_of(path))],
    )


@lru_cache(maxsize=16)
def _mapped_paths(paths: tuple[Path, ...], names: tuple[str, ...]) -> list[tuple[str, list[Path]]]:
    """The policy's own names, each with the fields that it means."""
    found: dict[str, list[Path]] = {name: [] for name in names}
    for path in paths:
        for name in _mapped_as(path, names):
            found[name].append(path)
    return [(name, where) for name, where in found.items() if where]


@lru_cache(maxsize=512)
def _utm_of(path: Path) -> str | None:
    words = plain_name(" ".join(unwrapped(path))).split(" ")
    name = f"utm_{words[-1] if words[-1] != 'name' else 'campaign'}"
    return name if "utm" in words and name in UTM else None


@lru_cache(maxsize=512)
def _mapped_as(path: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    wanted = {plain_name(name): name for name in names}
    stem = path[:-1] if len(path) > 1 and path[-1].isdecimal() else path
    places = (stem, stem[-1:] if _carried(stem) else stem)
    return tuple(filter(None, (wanted.get(plain_name(" ".join(place))) for place in places)))


@lru_cache(maxsize=512)
def _known_as(path: Path) -> tuple[str, int] | None:
    """The role of a field and how little it is trusted there."""
    if known := _ROLE_OF.get(plain_name(" ".join(path))):
        return known
    if (inner := unwrapped(path)) != path:
        return _known_as(inner)
    if path[-2:] == ("phone", "number") and _carried(path[:-1]):
        return _known_as(path[:-1])
    if not _carried(path):
        return None
    name = _NUMBERED.sub("", plain_name(path[-1]))
    if known := _ROLE_OF.get(name) or _ROLE_OF.get(_ADDRESSED.sub("", name)):
        return known[0], known[1] + len(path)
    return _known_by_words(path[-1], len(path))


def _known_by_words(name: str, depth: int) -> tuple[str, int] | None:
    """The role of a field whose name holds a word for a contact, or runs words together."""
    words = set(plain_name(name).split(" "))
    for seam in _RUN_TOGETHER:
        apart = _NUMBERED.sub("", plain_name(seam.sub(" ", name)))
        if known := _ROLE_OF.get(apart) or _ROLE_OF.get(_ADDRESSED.sub("", apart)):
            return (known[0], known[1] + depth) if known[0] in _TOLD_RUN_TOGETHER else None
        words |= set(apart.split(" "))
    if words & STAFF:
        return None
    if words & _PHONE_WORDS:
        return "phone", _SPOKEN_RANK
    if words & _EMAIL_WORDS or {"e", "mail"} <= words:
        return "email", _SPOKEN_RANK
    return ("messenger", _SPOKEN_RANK) if words & _MESSENGER_WORDS else None


def _carried(path: Path) -> bool:
    return all(plain_name(segment) in _CARRIERS for segment in path[:-1])
