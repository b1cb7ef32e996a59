"""Flows at work: sessions of the interpreter in a process of their own, with documents, speech and data around them.

messages: what control and the flows plane say to each other · session: one caller · sounds, documents, objects: what
it asks for. A script that runs wild takes time from this process only, never from a call.
"""
