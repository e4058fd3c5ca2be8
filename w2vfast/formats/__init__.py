"""Files of vectors: one module for each format, and the registry of all."""
