"""Signing in and out of the screens: passwords, server-side sessions, CSRF, limits against guessing."""
