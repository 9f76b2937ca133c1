"""Generated pages: each module here yields pages; every page names the template it is made from."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from types import ModuleType
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ionladder.board.model import NO_VALUE
from ionladder.site import charts, tables, text
from ionladder.site.context import Site
from ionladder.site.text import relative


def _functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    found = inspect.getmembers(module, inspect.isfunction)
    return {name: each for name, each in found if each.__module__ == module.__name__}


@cache
def environment() -> Environment:
    """The template engine: escaping always on, unknown names an error.

    Every function of :mod:`ionladder.site.text` is a filter; those that make addresses, the cells
    of :mod:`ionladder.site.tables` and the small pictures of tables can be called.
    """
    engine = Environment(
        loader=PackageLoader("ionladder.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    engine.policies["json.dumps_kwargs"] = {"ensure_ascii": False}  # YAML reads no halves of emoji
    words, cells = _functions(text), _functions(tables)
    engine.filters.update(words)
    engine.globals.update({n: f for n, f in words.items() if n.endswith("_url")})
    engine.globals.update(
        {n: f for n, f in cells.items() if n.endswith(("cell", "cells", "label"))}
    )
    engine.globals.update(
        not_stated=text.NOT_STATED,
        glossary=text.GLOSSARY,
        terms={key: said for terms in text.GLOSSARY.values() for key, said in terms.items()},
        inputs=text.INPUTS,
        kinds=text.KIND_MEANING,
        no_value=NO_VALUE,
        spark=charts.spark,
        zero_line=charts.zero_line,
    )
    return engine


@dataclass(frozen=True)
class Page:
    """One page before it is written.

    Attributes:
        url: Address from the root of the site; empty for the home page, else ends with ``/``.
        template: Name of its template.
        context: What its template reads, besides the site itself.
        files: Address of each file that its script asks for, and the content.
    """

    url: str
    template: str
    context: Mapping[str, Any]
    files: Mapping[str, Any] = field(default_factory=dict)

    def render(self, site: Site, *, feed: str | None = None) -> str:
        """Its text: a YAML head, then HTML between Markdown headings.

        Templates see ``site``, ``confidence`` and the address of the ``feed``, and ``to(url)``, the
        way from this page to another.
        """
        shared = {
            "site": site,
            "feed": feed,
            "confidence": f"{100 * site.params.scoring.confidence:g} %",
            "to": partial(relative, self.url),
        }
        template = environment().get_template(f"{self.template}.md.j2")
        page = template.render({**shared, **self.context})
        return text.explained_heads(page, relative(self.url, "glossary/"))


def page_makers() -> list[Callable[[Site], Iterable[Page]]]:
    """The functions that yield pages, discovered from this package."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}").pages for name in names]
