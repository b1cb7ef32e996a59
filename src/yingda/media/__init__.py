"""Media: every sound of the centre, in a process of its own (design.md, "Media rules"; architecture.md, "Planes").

    process, sockets, server   the loop: epoll, UDP pairs, the command socket          client     control's side
    engine, commands           legs, matrix, players, recordings; what control asks    protocol   their words
    leg, relay, phases, watch  a leg · a packet's way · the four 5 ms phases · looking after
    matrix, mixer, jitter      who hears whom · all mixed rows at once · order for what is mixed
    rtp, rtcp, latch, dtmf     RFC 3550 · whom a leg listens to · RFC 4733
    ice, dtls, webrtc          a browser's leg
    taps                       a leg as a WebSocket stream
    g711, sound, tones, player, recorder, recordings, recording_file, quality, condition
    ports, offload, reports, teller, pending

There is no code for bridges, conferences, hold or listening: those are entries of the matrix.
"""
