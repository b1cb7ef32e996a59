"""What a prompt sounds like: SSML markup to pieces of speech, and values read out in Chinese and English."""
