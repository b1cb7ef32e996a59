"""Real programs at the other end of the line: baresip as a phone, sipp as a caller, dumpcap as the witness.

Nothing here knows Yingda. Every program runs in a process group of its own and is ended by that group's number.
"""
