"""The books: a pure fold of events into rows (see `core`). Importing the package brings in the fold of every thing."""

from yingda.reports.books import (
    callbacks,
    contacts,
    corrections,
    customers,
    entries,
    handlings,
    offers,
    recordings,
    runs,
    sessions,
    surveys,
    trunks,
)
from yingda.reports.books.core import Books
from yingda.reports.books.shelf import BooksError

__all__ = [
    "Books",
    "BooksError",
    "callbacks",
    "contacts",
    "corrections",
    "customers",
    "entries",
    "handlings",
    "offers",
    "recordings",
    "runs",
    "sessions",
    "surveys",
    "trunks",
]
