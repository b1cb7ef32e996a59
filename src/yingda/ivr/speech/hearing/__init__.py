"""Understanding callers: a leg's sound comes by a tap, an ear finds where speech begins and ends,
a recogniser reads it.

recogniser: the one interface of all engines · endpoint: speech or silence · ear: one caller · ears: where taps come in
websocket, http, local: the engines · choosing: those of a configuration
"""
