"""The embedded city: its files and its config."""

from __future__ import annotations

from pathlib import Path

__all__ = ["config_path"]


def config_path() -> Path:
    """The config of the embedded city; the data lies beside it."""
    return Path(__file__).parent / "reykjavik.toml"
