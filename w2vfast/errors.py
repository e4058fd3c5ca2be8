"""Errors about parameters, and how messages show a value."""

from __future__ import annotations


def shown(value: object) -> str:
    """Return what messages show of a value: its type and a short repr."""
    text = repr(value)
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"{text} ({type(value).__name__})"
