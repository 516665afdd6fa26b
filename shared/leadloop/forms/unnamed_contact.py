"""The net under the names of fields: a contact in a field whose name does not tell of it is a contact all the same.

Only where no field was known for a phone or an e-mail, and only a text that is nothing but one; a company's phone, an
order's number and an id stand in forms too. Where there is a doubt, no key is made.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from leadloop.forms.field_names import PERSONAL, STAFF, mapped, plain_name, role_of, utm_fields
from leadloop.forms.form_post import FormPost
from leadloop.forms.named_fields import is_named
from leadloop.identity import normalise
from leadloop.identity.contact_signs import looks_like_contact
from leadloop.identity.keys import ContactKind
from leadloop.policy import ContactMode, Policy

_UNREAD = frozenset({None, *PERSONAL})
_KNOWN = frozenset({"phone", "email", "phone_key", "email_key"})
_NOT_THEIRS = frozenset(
    {
        *("id", "uid", "order", "заказ", "заказа", "инн", "inn", "огрн", "снилс", "договор", "договора", "contract"),
        *("счет", "счета", "account", "invoice", "карта", "карты", "card", "паспорт", "паспорта", "артикул", "sku"),
        *("token", "hash", "time", "timestamp", "date", "дата", "price", "sum", "amount", "сумма", "цена", "ip"),
        *STAFF,
        *("company", "компания", "компании", "office", "офис", "офиса"),
        *("to", "cc", "bcc", "from", "sender", "recipient", "recipients", "кому", "получатель", "called"),
    }
)
"""Words of names under which no contact of the visitor stands, whatever the text looks like."""
_PHONE = re.compile(r"\+[0-9 ().\-–—]{8,24}|[78][0-9 ().\-–—]{9,22}[0-9]")
_LENGTHS = {False: range(11, 12), True: range(10, 16)}
"""Digits of a phone without and with a plus (ITU-T E.164)."""
_EIGHT_GOES_BEFORE = frozenset({"RU", "KZ", "BY"})
_MOBILE = ("+79", "+77", "+375")
_PAID_BY_THE_CALLED = "+7800"
_LONGEST = 100
_TAKEN = "does not tell what it is; a whole text of it is surely the lead's {}: name the field in forms.fields"
_IN_DOUBT = "a text that may be a phone or an e-mail gave no key: name its field in forms.fields"
_NOTE = "field_name"


class _Unread(NamedTuple):
    """A field that no name and no policy tells of, or one of words that a person says."""

    name: str
    text: str
    role: str | None


def with_unnamed_contact(post: FormPost, policy: Policy) -> FormPost:
    """The post with the contact that stands in a field of another name, if no field is known for one.

    ``left_out`` says that it was found so, or that there is a doubt; in the mode ``keep`` the texts in doubt go sealed,
    as the comment, and nothing that was typed is lost.
    """
    if not _KNOWN.isdisjoint(post.offered) or policy.contacts.mode is ContactMode.NONE:
        return post
    unread = _unread(post)
    if unread and (doubtful := _unclaimed(unread, post, policy)):
        return _told_of(doubtful, post, policy)
    return post


def _told_of(doubtful: list[_Unread], post: FormPost, policy: Policy) -> FormPost:
    kind, taken = _sure(doubtful, policy)
    offered = dict(post.offered)
    if kind is not None:
        offered[kind] = (taken,)
        offered["messenger"] = tuple(name for name in offered.get("messenger", ()) if name.strip() != taken)
    rest = {one.text: one for one in doubtful if one.text != taken and one.role is None}.values()
    if rest and policy.contacts.mode is ContactMode.KEEP:
        offered["comment"] = ("\n".join([post.first("comment"), *(f"{one.name}: {one.text}" for one in rest)]).strip(),)
    if kind is None and not rest:
        return post
    left_out = {**post.fields.left_out, _NOTE: _TAKEN.format(kind) if kind else _IN_DOUBT}
    return FormPost(
        post.fields._replace(left_out=left_out),
        {role: texts for role, texts in offered.items() if texts},
        post.remembered_utm,
        post.is_relayed,
        post.answer,
        post.sent,
    )


def _unread(post: FormPost) -> list[_Unread]:
    """The fields of no name that is known, and of a person's words, that may hold a contact."""
    return [
        _Unread(" ".join(path), text.strip(), role)
        for path, text in post.fields.values.items()
        if (role := role_of(path)) in _UNREAD and ("@" in text or looks_like_contact(text.strip()))
    ]


def _unclaimed(unread: list[_Unread], post: FormPost, policy: Policy) -> list[_Unread]:
    """Those that are not read as something else, under this or another name."""
    values = post.fields.values
    claimed = {text.strip() for role, texts in post.offered.items() if role not in PERSONAL for text in texts}
    claimed |= {*utm_fields(values).values(), *mapped(values, policy.site.mapped_fields).values()}
    claimed |= {text.strip() for path, text in values.items() if is_named(path, policy.forms.fields)}
    return [one for one in unread if one.text not in claimed]


def _sure(unread: list[_Unread], policy: Policy) -> tuple[ContactKind | None, str]:
    """The one text that is surely a phone; without any, the one e-mail. Of two nobody knows whose is whose."""
    theirs = [one.text for one in unread if _NOT_THEIRS.isdisjoint(plain_name(one.name).split(" "))]
    phones = {read: text for text in theirs if (read := _phone(text, policy.site.default_region))}
    emails = {text.casefold(): text for text in theirs if _is_email(text, policy.site.origins)}
    if len(phones) == 1:
        return "phone", next(iter(phones.values()))
    return ("email", next(iter(emails.values()))) if not phones and len(emails) == 1 else (None, "")


def _phone(text: str, region: str) -> str:
    """The phone that a text is nothing but, in its one written form; else nothing."""
    digits, has_plus = sum(map(str.isdecimal, text)), text.startswith("+")
    if not _PHONE.fullmatch(text) or digits not in _LENGTHS[has_plus]:
        return ""
    if not has_plus and region not in _EIGHT_GOES_BEFORE:
        return ""
    values, refused = normalise.phones(text, region)
    if len(values) != 1 or refused or values[0].startswith(_PAID_BY_THE_CALLED):
        return ""
    # So many digits with nothing between them may number anything; those of a mobile are the rarest of them.
    return "" if text.isdecimal() and not values[0].startswith(_MOBILE) else values[0]


def _is_email(text: str, origins: tuple[str, ...]) -> bool:
    if len(text) > _LONGEST or " " in text:
        return False
    read = normalise.emails(text)
    own = [(urlsplit(origin).hostname or "").removeprefix("www.") for origin in origins]
    return len(read.values) == 1 and not read.refused and read.values[0].rpartition("@")[2] not in own
