"""The centre's configuration: one typed document, numbered immutable versions, a YAML face with lines in its errors."""
