"""The page that shows every number of word2vec while a small model trains in it."""
