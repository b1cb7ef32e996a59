"""The books: a pure fold of events into rows (see `core`). Importing the package brings in the fold of every thing."""

from yingda.reports.books import contacts, entries, handlings, offers, recordings, runs, sessions
from yingda.reports.books.core import Books
from yingda.reports.books.shelf import BooksError

__all__ = ["Books", "BooksError", "contacts", "entries", "handlings", "offers", "recordings", "runs", "sessions"]
