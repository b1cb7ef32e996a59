"""What callers hear that nobody recorded: spoken text, and music on hold. Works offline; engines stand behind `tts`."""
