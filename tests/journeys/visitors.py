"""People who come to the site «Сокол»."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = ("Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор", "Жанна", "Захар", "Инна", "Кирилл", "Лидия", "Максим")


@dataclass(frozen=True)
class Visitor:
    """Somebody who comes to the site; nobody shares a phone or a browser with another."""

    number: int

    @property
    def name(self) -> str:
        return NAMES[self.number % len(NAMES)]

    @property
    def phone(self) -> str:
        return f"+7 999 {self.number + 100:03d}-00-01"

    @property
    def client_id(self) -> str:
        return f"17882034115293{self.number:05d}"

    @property
    def form(self) -> dict[str, str]:
        """What the site's form sends."""
        return {
            "submission_id": f"form-{self.number}",
            "form": "main",
            "name": self.name,
            "phone": self.phone,
            "ym_client_id": self.client_id,
            "page": "https://sokol.example/flats/?utm_source=yandex",
        }


ANNA, BORIS, VERA = Visitor(0), Visitor(1), Visitor(2)
