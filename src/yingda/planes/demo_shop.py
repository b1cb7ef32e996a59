"""A small shop for the demo centre: a database of another system, which the ready flows read and change."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

DATABASE = "YINGDA_DEMO_SHOP"
ORDERS = (
    ("2026112101", "已发货", "2026-11-24"),
    ("2026112102", "正在配货", "2026-11-26"),
    ("2026112103", "已签收", "2026-11-20"),
)
"""Number, status, day of arrival: all invented, as all that follows."""
ACCOUNTS = (("C1", "622202", "123456", "1280.50"), ("C2", "622203", "654321", "36.00"))
"""Customer, card, password, balance. They guard nothing."""


def open_shop(folder: Path) -> None:
    """Have the shop's database in this folder, and name it to the planes that are started after this."""
    file = folder / "demo-shop.sqlite"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE IF NOT EXISTS orders (number TEXT PRIMARY KEY, status TEXT, arrives TEXT)")
        database.executemany("INSERT OR IGNORE INTO orders VALUES (?, ?, ?)", ORDERS)
        database.execute(
            "CREATE TABLE IF NOT EXISTS accounts"
            " (customer_id TEXT PRIMARY KEY, card TEXT, password TEXT, balance TEXT, stopped INTEGER DEFAULT 0)"
        )
        names = "(customer_id, card, password, balance)"
        database.executemany(f"INSERT OR IGNORE INTO accounts {names} VALUES (?, ?, ?, ?)", ACCOUNTS)
    os.environ.setdefault(DATABASE, f"sqlite:///{file.resolve()}")
