"""Starting from what is already there: given vectors, a smaller vocabulary."""
