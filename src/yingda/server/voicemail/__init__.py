"""Messages that callers have left: the list, their sound, who sees to them (语音留言)."""
