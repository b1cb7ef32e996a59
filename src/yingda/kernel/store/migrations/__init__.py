"""Migrations, run by Alembic in order; `yingda/kernel/store/base.py` says how they are named and chained."""
