"""What people call well-known sources: Russian letters, short names, words that say *advertising* and no more."""

from __future__ import annotations

_ONE_FOR_ONE = str.maketrans("абвгдеёзийклмнопрстуфхыэ", "abvgdeeziyklmnoprstufhye")
_SEVERAL = {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya", "ъ": "", "ь": ""}


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_SPELLED = {
    "google": "goog ggl gugl gugle",
    "yandex": "ya yandeks yndx",
    "vk": "vkontakte vkcom",
    "ok": "odnoklassniki",
    "telegram": "tg telega telegramm tlg",
    "whatsapp": "wa vatsap votsap whatsap",
    "facebook": "fb feysbuk",
    "instagram": "ig inst insta",
    "youtube": "yt yutub",
    "mail": "mailru",
    "gmail": "",
    "email": "imeyl emeil emailing",
    "avito": "",
    "cian": "tsian",
    "domclick": "domklik",
    "dzen": "zen",
    "rutube": "",
    "tiktok": "tt tiktok",
    "2gis": "dvagis dubl_gis",
    "viber": "vayber",
    "mytarget": "",
    "rambler": "",
    "bing": "",
    "max": "maks",
}
"""A source → its other spellings, in Latin letters."""

ADVERTISING = _words("ad ads adv adwords direct direkt cpc ppc context kontekst reklama advertising")
"""Words that add nothing to a company's name: its advertising is what tags are put on."""

_PRODUCTS = _words("maps karty map market business biznes search poisk organic seo metrica metrika music")
KNOWN = frozenset(_SPELLED) | _PRODUCTS | ADVERTISING
"""Words that are no misspelling of each other, however close they look: mail and gmail."""

_CANONICAL = {spelling: name for name, others in _SPELLED.items() for spelling in (name, *others.split())}
_CANONICAL |= {"direkt": "direct", "karty": "maps", "map": "maps", "poisk": "search", "biznes": "business"}


def in_latin(word: str) -> str:
    """A word in Latin letters, as Russian names are usually transliterated."""
    return "".join(_SEVERAL.get(letter, letter) for letter in word.translate(_ONE_FOR_ONE))


def canonical(word: str) -> tuple[str, ...]:
    """The words that a word of a label stands for: ``ggl`` is google, ``googleads`` is google and ads."""
    latin = in_latin(word)
    if latin in _CANONICAL:
        return (_CANONICAL[latin],)
    for end in range(len(latin) - 1, 1, -1):
        if latin[end:] in ADVERTISING and latin[:end] in _CANONICAL:
            return _CANONICAL[latin[:end]], latin[end:]
    return (latin,)
