"""Reports: sheets of figures, their export, corrections, missed calls and call-backs."""
