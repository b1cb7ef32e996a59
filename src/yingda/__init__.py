"""Yingda 应答: an all-in-one contact centre. `docs/architecture.md` is the way in."""

__version__ = "0.1.0"
