"""Ids to weights: spans, threads, replicas, learning rate, noise, tree, history."""
