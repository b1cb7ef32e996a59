"""The archive of recordings: that each one is there, what form it has by now, when it goes (docs/recordings.md)."""
