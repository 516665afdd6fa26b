"""Clients of Yandex APIs: the wire and its errors, no policy."""
