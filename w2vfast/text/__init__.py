"""Text to numbers: sources, readers, vocabulary, and the encoded corpus."""
