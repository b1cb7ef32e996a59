"""Calls to and from carriers: which trunk, which number in which form, who is shown, which channels are in use."""
