"""bench-call: real phones and real callers against a running centre, and a check of its books that trusts nobody.

plan: who calls when, and what the agents do · centre: the server and its API · conductor: runs the plan ·
check: compares what the peers saw with what the centre says · spoil: one fault, put in on purpose.
"""
