"""What writing a flow needs: everything wrong with a text, its scripted tests, the ready flows to begin from.

The page (server/flows), `yingda apply` (planes/documents.py) and the tests of the templates all ask here, so that a
flow that may be published is the same thing everywhere.
"""
