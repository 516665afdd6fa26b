"""Phones and e-mails as people type them: one number, many spellings."""

from __future__ import annotations

from random import Random

CODES = [
    "903",
    "905",
    "906",
    "909",
    "910",
    "915",
    "916",
    "917",
    "919",
    "925",
    "926",
    "929",
    "950",
    "951",
    "952",
    "953",
    "960",
    "961",
    "962",
    "963",
    "964",
    "965",
    "980",
    "981",
    "985",
    "987",
]
MAIL_HOSTS = ("mail.example", "post.example", "inbox.example", "pochta.example")
SYLLABLES = ["an", "bo", "vi", "ga", "da", "li", "ma", "ni", "ol", "pa", "ro", "sa", "ta", "va", "ze", "ki", "lu", "mi"]
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def new_phone(chance: Random) -> str:
    """A Russian mobile number, in digits with its country code."""
    return f"7{chance.choice(CODES)}{chance.randrange(10**7):07}"


def mistyped(chance: Random, phone: str) -> str:
    """The number with one wrong digit: another number, that may be somebody's."""
    place = chance.randrange(5, 11)
    wrong = str((int(phone[place]) + chance.randrange(1, 10)) % 10)
    return phone[:place] + wrong + phone[place + 1 :]


def spelt_phone(chance: Random, phone: str) -> str:
    """The number as somebody types it in Russia."""
    code, a, b, c = phone[1:4], phone[4:7], phone[7:9], phone[9:]
    spellings = (
        f"+7 ({code}) {a}-{b}-{c}",
        f"8 {code} {a}-{b}-{c}",
        f"8{code}{a}{b}{c}",
        f"+7{code}{a}{b}{c}",
        f"7{code}{a}{b}{c}",
        f"{code}{a}{b}{c}",
        f"8 ({code}) {a} {b} {c}",
        f"8-{code}-{a}-{b}-{c}",
        f" +7\N{NO-BREAK SPACE}{code}\N{NO-BREAK SPACE}{a} {b}{c} ",
        f"+7.{code}.{a}.{b}.{c}",
        f"8({code}){a}{b}{c}".translate(FULL_WIDTH),
        f"+7 {code} {a}\N{EN DASH}{b}\N{EN DASH}{c}",
    )
    return chance.choice(spellings)


def new_email(chance: Random, number: int) -> str:
    """An e-mail that nobody else has, because of the number in it."""
    stem = "".join(chance.choice(SYLLABLES) for _ in range(chance.randrange(2, 5)))
    return f"{stem}{chance.choice(('', '.', '_'))}{number}@{chance.choice(MAIL_HOSTS)}"


def spelt_email(chance: Random, email: str) -> str:
    """The address as a telephone's keyboard, a habit or a paste leaves it."""
    spellings = (email, email, email, email.capitalize(), email.upper(), f" {email}", f"{email} ", f"\t{email}")
    return chance.choice(spellings)
