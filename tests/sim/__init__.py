"""The simulator: worlds that must not break, hazards that must be hit, faults that must be found."""
