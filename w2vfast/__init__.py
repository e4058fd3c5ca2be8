"""word2vec for Python: many times the speed of the C program, or its very bytes."""

__version__ = "0.1.0"
