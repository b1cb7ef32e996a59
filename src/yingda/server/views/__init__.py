"""Saved views (SUP-12): filters and columns of a room under a name, one's own or shared by a leader."""
