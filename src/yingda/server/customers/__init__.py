"""Customer records and the screen pop: who is calling, what he had before, where else to look him up."""
