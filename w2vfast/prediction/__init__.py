"""Questions to the output side of a model: predictions, probabilities, scores."""
