"""Generated pages: each module here yields pages, and has a template of the same name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ionladder.site.context import Site


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page before it is written.

    Attributes:
        url: Address from the root of the site; empty for the home page, else ends with ``/``.
        context: What its template reads, besides the site itself.
    """

    url: str
    context: Mapping[str, Any]


PageMaker = Callable[[Site], Iterable[Page]]


def page_makers() -> dict[str, PageMaker]:
    """Template name → function that yields its pages, discovered from this package."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    return {name: importlib.import_module(f"{__name__}.{name}").pages for name in names}
