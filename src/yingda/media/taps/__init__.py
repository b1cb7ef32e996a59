"""Taps: a leg's sound as a WebSocket stream, for speech engines and bots (docs/api.md, "Sound as a stream").

desk       the media process's side, sans-IO: what a leg says in 20 ms frames, what comes back as a source it hears
wire       what the media process and its streamer say to each other
helper     starts the streamer and watches its socket
streamer   the process that speaks WebSocket; `stream` is one tap in it, `rates` its 16 kHz, `ahead` what waits
radio      sound over HTTP that is only heard
bot        the far end, for bots and speech engines in Python
"""
