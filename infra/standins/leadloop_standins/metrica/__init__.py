"""Yandex Metrica's management API as far as offline conversions need it: counters, goals, uploadings and their linkage.

Run `python -m leadloop_standins.metrica --port 0 --token T --counter 12345678`. What the vendor's pages leave open is
either a setting (see `settings.py`) or refused, so that a client cannot come to rely on a guess.
"""

from .stand_in import MetricaStandIn

__all__ = ["MetricaStandIn"]
