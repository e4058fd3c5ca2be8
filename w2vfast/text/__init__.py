"""Text to numbers: corpus sources, vocabularies and the encoded corpus."""
