"""Agents and their desks: who may do what, through which device, and what every screen sees live."""
