"""bench-sip: what a full queue call costs, from the caller's INVITE to the last row in the books.

    make -s bench-sip                                   # every rate, recording off and on
    make -s bench-sip ARGS="--rate 100 --recording off"

A centre of its own with 400 agents; `phones` registers their SIP phones by digest and one sipp plays them all; another
sipp dials at a fixed rate. One JSON object a step. docs/performance.md says what each field is.
"""
