"""Our small languages: what they read, what they refuse and where, and that they always end."""
