"""Migrations, run by Alembic in order; `yingda/kernel/store/base.py` says how they are named and chained."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
VERSION_TABLE = "alembic_version"
