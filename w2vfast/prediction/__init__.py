"""Predictions, probabilities and scores from a trained model's output weights."""
