"""Generated pages: each module here yields pages; every page names the template it is made from."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ionladder.site.context import Site


@dataclass(frozen=True)
class Page:
    """One page before it is written.

    Attributes:
        url: Address from the root of the site; empty for the home page, else ends with ``/``.
        template: Name of its template.
        context: What its template reads, besides the site itself.
    """

    url: str
    template: str
    context: Mapping[str, Any]


PageMaker = Callable[[Site], Iterable[Page]]


def page_makers() -> list[PageMaker]:
    """The functions that yield pages, discovered from this package."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}").pages for name in names]
