"""The live feed: control's documents, followed once and passed on to every browser as far as its viewer may see them.

`documents.py` the copy with its history (pure) · `visible.py` who sees what (pure) · `browser.py` what one browser
still has to be told (pure) · `follow.py` stays in step with control · `hub.py` joins the two · `api.py` the WebSocket.
"""
