"""Calls outlive the plane that controls them: what is written down of each, and how another plane goes on with it.

`keeper` writes a record of every contact in which nothing is under way, and of every agent, whenever one has changed.
After a crash `judge` compares the records with the ledger and with media: what all three agree on is adopted
(`taking`), everything else is closed as it was always (routing/recovery). Serves metrics.md section 9.
"""
