"""What the check knows and how it knows it.

wire: the calls and offers as SIP on the wire shows them · hearing: what each far end heard · phones: what the phones
themselves told · ledger: the segments, read as plain lines · books: the centre's tables and API answers.
Nothing here imports the server; a test sees to it.
"""
