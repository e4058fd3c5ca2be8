"""Static plots of vectors and of training, and the interactive map."""
