"""The floor: what leaders see of everybody, and may do for an agent."""
