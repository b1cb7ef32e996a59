"""bench-media: what a call costs the media plane, and whether every packet arrives in time.

    make -s bench-media                                   # all series
    make -s bench-media ARGS="--kind mixed --calls 200"

A media process of its own, two legs a call, each call recorded; one generator process plays all phones and says when it
is itself the limit. One JSON object a load. docs/performance.md says what each field is.
"""
