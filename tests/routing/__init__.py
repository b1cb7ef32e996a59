"""Distribution: the router alone, the distributor by its inputs, its state, and what closes a broken run."""
