"""Conference rooms that are dialled into (TEL-43): the door, the hall, what the host does (docs/conferences.md)."""
