"""The call list: records, their export, and the recordings."""
