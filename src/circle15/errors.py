"""The public error tree.

    Circle15Error
    └── InputError (also a ValueError)     something that the caller gave is wrong
        ├── ConfigError                    a command's usage or a study's config     exit 2
        └── DataError                      a data file or frame                       exit 3

Every message is one sentence or two: what is wrong, where, and the mend.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Circle15Error", "ConfigError", "DataError", "InputError", "head"]


class Circle15Error(Exception):
    """Anything that circle15 raises on purpose."""

    exit_code = 1


class InputError(Circle15Error, ValueError):
    """An argument, a file or a config can't be used as it is."""

    exit_code = 2


class ConfigError(InputError):
    """A command's usage or a study's config is wrong; the message names file and key."""

    exit_code = 2


class DataError(InputError):
    """A data file or a frame is wrong; the message names the file and the rows."""

    exit_code = 3


def head(items: Iterable[object], *, most: int = 5) -> str:
    """Name the first few items and count the rest, for a message.

    >>> head(["w1", "w2"])
    'w1, w2'
    >>> head(range(8))
    '0, 1, 2, 3, 4 and 3 more'
    """
    listed = [str(item) for item in items]
    shown = ", ".join(listed[:most])
    return shown if len(listed) <= most else f"{shown} and {len(listed) - most} more"
