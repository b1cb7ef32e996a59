"""The processes of a running centre. Each file only assembles a plane from the rooms below."""
