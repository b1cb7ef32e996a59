"""Tasks (COL-09): what people have to do beside their contacts, with a due time and perhaps a customer."""
