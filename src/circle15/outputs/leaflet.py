"""Leaflet for our pages: its files read from the package that carries them, to be inlined with its licence."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import metadata, resources

__all__ = ["csp_hash", "licence", "script", "script_safe", "style", "version"]

_PACKAGE = "django-js-lib-leaflet"


@cache
def script() -> str:
    """Leaflet's script without the name of its source map, which a browser would look for."""
    return re.sub(r"//# sourceMappingURL=\S+", "", _file("leaflet.js"))


@cache
def style() -> str:
    """Leaflet's style sheet without its images, which a browser would look for."""
    return re.sub(r"url\([^)]*\)", "none", _file("leaflet.css"))


@cache
def version() -> str:
    """Leaflet's version."""
    return ".".join(metadata.version(_PACKAGE).split(".")[:3])


@cache
def licence() -> str:
    """Leaflet's licence, which must travel with it."""
    for path in metadata.files(_PACKAGE) or []:
        if path.name == "LICENSE":
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(f"{_PACKAGE} holds no LICENSE file; install version 1.9.4.1 or newer")


def csp_hash(code: str) -> str:
    """What a page's content security policy calls a script of its own.

    Examples
    --------
    >>> csp_hash("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return "'sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode("ascii") + "'"


def script_safe(text: str) -> str:
    r"""JSON that can stand in a script element: no markup can begin in it.

    Examples
    --------
    >>> script_safe('["</script>"]')
    '["\\u003c/script>"]'
    """
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _file(name: str) -> str:
    path = resources.files("js_lib_leaflet").joinpath("static", "js_lib_leaflet", name)
    return path.read_text(encoding="utf-8")
