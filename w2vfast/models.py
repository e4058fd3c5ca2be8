"""The place of the classes in gensim; importing it tells where they are here."""

from w2vfast import _absent_message

raise ImportError(_absent_message("models"))
