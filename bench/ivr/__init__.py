"""bench-ivr: how soon a caller in a flow hears the next prompt after a key, with 300 callers in flows at once.

    make -s bench-ivr
    make -s bench-ivr ARGS="--callers 100 --seconds 20"

A centre of its own; callers in Python with RTP and RFC 4733 keys; prompts of one constant level, so that the
first packet of each is seen. docs/performance.md says what each field is.
"""
