"""The audit's notes on a submission, made ready for its page."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from ionladder.leaderboard.findings import CHECKS
from ionladder.site.context import TaskSite
from ionladder.site.links import relative, submission_url
from ionladder.site.text import count, inert

_WORDS = {
    "n": "entries",
    "n_crossing": "entries with a known composition",
    "n_distinct": "different predictions",
    "n_outside": "predictions outside",
    "n_twins": "other submissions",
}


def audit_notes(item: TaskSite, name: str, here: str) -> dict[str, Any]:
    """What the page of a submission says about its audit.

    Returns:
        ``is_made`` (False where no audit of this submission is recorded), ``notes`` with
        ``title``, ``sentence`` and ``evidence``, and the titles of all ``checks``.
    """
    recorded = item.analysis.content.get("audit") or {}
    return {
        "is_made": name in recorded,
        "notes": [
            {
                "title": inert(finding["title"]),
                "sentence": inert(finding["sentence"]),
                "evidence": [
                    (inert(_WORDS.get(key, key.replace("_", " "))), _shown(item, key, value, here))
                    for key, value in finding["evidence"].items()
                ],
            }
            for finding in recorded.get(name, ())
        ],
        "checks": [check.title for check in CHECKS],
    }


def _shown(item: TaskSite, key: str, value: object, here: str) -> Markup:
    """A number as printed, a submission as a link to its page, any other text as it is."""
    if isinstance(value, int):
        return Markup(count(value))  # noqa: S704 - digits and spaces
    if isinstance(value, float):
        return inert(f"{value:.4g}".replace("-", "\u2212"))
    text = inert("–" if value is None else value)
    if key != "twin" or value not in item.entrants:
        return text
    address = relative(here, submission_url(item.task.name, str(value)))
    return Markup('<a href="{}">{}</a>').format(address, text)
