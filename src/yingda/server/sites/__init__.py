"""What sister centres may read of us (ACD-65)."""
