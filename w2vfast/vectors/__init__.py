"""Keyed vectors: look-up, neighbours, evaluation, classes."""
