"""Figures of queues and agents, summed from the rows of the books."""
