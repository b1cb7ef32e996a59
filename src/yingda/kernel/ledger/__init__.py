"""The ledger: what happened, in the order it happened, for good (metrics.md sections 2 and 3, docs/architecture.md).

kinds: the registry of event kinds · segment: the line format · writer: a process's own append-only folder ·
reader: reading, verifying and merging the folders · horizon: the promise that makes the order final ·
importer: from the folders into SQL.
"""
