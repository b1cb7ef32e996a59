"""The two SQL databases of a centre: the books, which the importer alone writes, and the business data.

`open_store` gives the engines, `migrate` brings the tables up to date, `writing` is a transaction that will write.
"""

from yingda.kernel.store.engines import Store, open_store, reading, writing
from yingda.kernel.store.migrating import migrate

__all__ = ["Store", "migrate", "open_store", "reading", "writing"]
