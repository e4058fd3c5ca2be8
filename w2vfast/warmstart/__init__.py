"""Warm starts: given vectors, grown vocabularies, frozen words."""
