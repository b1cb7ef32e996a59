"""bench-desk: how soon 200 signed-in desks hear of their own calls, and whether they hear everything once.

    make -s bench-desk
    make -s bench-desk ARGS="--rate 50 --seconds 40"

A centre of its own; sipp plays phones and callers; 190 desks of agents and ten of leaders follow the feed, in a process
of their own. docs/performance.md says what each field is.
"""
