"""Sheets: the rows of figures of a span of days, added up by interval, queue, agent, trunk … (metrics.md section 4)."""
