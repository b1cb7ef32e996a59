"""Writing flows (IVR-33): documents with drafts, versions, checks and tests, published without a restart."""
