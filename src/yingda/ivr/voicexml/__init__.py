"""VoiceXML 2.0 and 2.1 without I/O: documents, their checks, and the interpreter that runs them."""
