"""Where a call or a message can go: people, queues and flows, found by number, name, pinyin or initials."""
