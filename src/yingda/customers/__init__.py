"""Customers: a small record of each, found by number, name, pinyin or initials (POP-01..08, CTI-32, CTI-33).

It stands on the kernel alone. What contacts a customer had is read from the books by the references of his numbers.
"""
