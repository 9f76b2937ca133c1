"""Addresses of pages, the way from one to another, and a check that each way leads somewhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from ionladder.core.problems import Problem

HOME = ""
# One attribute a pattern: what begins with a fixed text is found fast.
_REFERENCES = tuple(re.compile(rf' {name}="([^"#][^"]*)"') for name in ("href", "src"))
_OUTSIDE = ("https://", "http://", "mailto:", "data:")


def board_url(task: str) -> str:
    """Address of a task's leaderboard, from the root of the site."""
    return f"{task}/"


def submission_url(task: str, name: str) -> str:
    """Address of a submission's page."""
    return f"submissions/{task}/{name}/"


def charts_url(task: str) -> str:
    """Address of the page with a task's charts."""
    return f"charts/{task}/"


def entries_url(task: str) -> str:
    """Address of the page on a task's test entries."""
    return f"entries/{task}/"


def entry_url(task: str, entry: str) -> str:
    """Address of the page of one test entry."""
    return f"entries/{task}/{entry}/"


def compare_url(task: str) -> str:
    """Address of the page that sets two submissions of a task side by side."""
    return f"compare/{task}/"


def experiment_url(task: str, experiment: str) -> str:
    """Address of the page of an experiment, below the board of its task."""
    return f"{board_url(task)}{experiment}/"


def dataset_url(name: str) -> str:
    """Address of a dataset's card."""
    return f"datasets/{name}/"


def relative(here: str, target: str) -> str:
    """The way from one page to another page or file, both from the root of the site.

    Example:
        >>> relative("submissions/obelix/rf/", "obelix/"), relative("obelix/", "")
        ('../../../obelix/', '../')
    """
    path, _, anchor = target.partition("#")
    origin, aim = here.split("/")[:-1], path.split("/")
    shared = 0
    for own, other in zip(origin, aim[:-1], strict=False):
        if own != other:
            break
        shared += 1
    way = "../" * (len(origin) - shared) + "/".join(aim[shared:]) or "./"
    return f"{way}#{anchor}" if anchor else way


def pair_href(here: str, task: str, submission: str, other: str) -> str:
    """The way from a page to the comparison of two submissions.

    Example:
        >>> pair_href("obelix/", "obelix", "rf", "mlp")
        '../compare/obelix/?a=rf&b=mlp'
    """
    return f"{relative(here, compare_url(task))}?a={submission}&b={other}"


def source_name(url: str) -> str:
    """Name of the Markdown file behind an address."""
    return f"{url}index.md"


def link_targets(text: str) -> frozenset[str]:
    """What a page links to within the site, as it is written there.

    Example:
        >>> sorted(link_targets('<a href="../x/#b"></a><a href="#a"></a><a href="https://e.org">'))
        ['../x/#b']
    """
    found = (target for reference in _REFERENCES for target in reference.findall(text))
    return frozenset(target for target in found if not target.startswith(_OUTSIDE))


def dead_links(pages: Mapping[str, AbstractSet[str]], known: AbstractSet[str]) -> list[Problem]:
    """Links of generated pages that lead nowhere; MkDocs does not check raw HTML.

    Args:
        pages: Address of each generated page → what it links to (:func:`link_targets`).
        known: Addresses of all pages and files of the site.
    """
    problems = []
    for here, targets in pages.items():
        for target in sorted(targets):
            way = target.partition("#")[0].partition("?")[0]
            path = posixpath.normpath(posixpath.join(here or ".", way))
            if path not in known and f"{path}/" not in known and path != ".":
                problems.append(
                    Problem(
                        where=source_name(here),
                        expected="links to pages and files of the site",
                        found=f"a link to {target!r}",
                        next_step="Correct the page's template, or add the missing file.",
                    )
                )
    return problems
