"""Real peers that tests talk to."""
