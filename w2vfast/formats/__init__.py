"""Files of word vectors: one module per format, and a table of all formats.

`dispatch` reads and writes a file of any format; `registry` lists the formats.
"""
