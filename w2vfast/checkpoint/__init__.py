"""Checkpoints: states of a training on disk, from which it goes on after a crash."""
