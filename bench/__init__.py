"""Measurements of the whole house, each a program of its own: `make -s bench-call` is `python -m bench.call`.

A benchmark prints exactly one JSON object on standard output and what it is doing on standard error.
"""
