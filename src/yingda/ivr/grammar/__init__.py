"""Speech and key grammars: SRGS in both forms, the built-in types, and what a match means (SISR)."""
