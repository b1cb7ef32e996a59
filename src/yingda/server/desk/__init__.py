"""The desk: what an agent sees of his own work and may do with it. Control decides; this room carries the words."""
