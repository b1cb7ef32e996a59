"""The web plane's frame: sign-in, the documented API, the live feed, recordings, health and the built client.

It holds no state of calls: what happens is asked of control over the bus, what happened is read from the books, and
live documents are control's, passed on to each browser as far as its viewer may see them.
"""
