"""Cells of tables as HTML: pages hold hundreds, and a template would take twice the time."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from ionladder.site.tables import Cell


def cell(item: Cell, classes: str = "") -> Markup:
    """A cell with a number: its text, how it sorts, what hovering says, the interval beneath.

    Args:
        item: The cell.
        classes: More classes of CSS, with a blank between.

    Example:
        >>> cell(Cell(text="1.59", sort="1.586261", detail="1.05–2.39"), "il-primary")
        Markup('<td class="il-number il-primary" data-sort="1.586261">1.59<span class="il-detail">1.05–2.39</span></td>\\n')
    """  # noqa: E501 - one line of HTML
    best = " il-best" if item.is_best else ""
    shade = f" {item.shade}" if item.shade else ""
    kind = f"il-number {classes}{best}{shade}"
    detail = _detail(item.detail) if item.detail else ""
    return Markup(f"<td{_attributes(kind, item)}>{escape(item.text)}{detail}</td>\n")  # noqa: S704


def row_cells(items: Sequence[Cell], kinds: Sequence[str]) -> Markup:
    """The cells of a row one after the other, a line each.

    Args:
        items: The cells.
        kinds: Classes of CSS of each column, as many.

    Example:
        >>> row_cells([Cell(text="–")], ["il-text"])
        Markup('<td class="il-text">–</td>\\n')
    """
    return Markup(  # noqa: S704 - escaped piece by piece
        "".join(
            f"<td{_attributes(f'{kind} il-best' if item.is_best else kind, item)}>"
            f"{escape(item.text)}</td>\n"
            for item, kind in zip(items, kinds, strict=True)
        )
    )


def score_cell(item: Cell, spread: str) -> Markup:
    """A score with its interval, and beneath that its spread over seeds; neither sorts."""
    hint = f' title="{escape(item.hint)}"' if item.hint else ""
    details = "".join(_detail(text) for text in (item.detail, spread) if text)
    return Markup(f'<td class="il-number"{hint}>{escape(item.text)}{details}</td>\n')  # noqa: S704


def _attributes(kind: str, item: Cell) -> str:
    sort = f' data-sort="{escape(item.sort)}"' if item.sort else ""
    hint = f' title="{escape(item.hint)}"' if item.hint else ""
    return f' class="{kind}"{sort}{hint}'


def _detail(text: str) -> str:
    return f'<span class="il-detail">{escape(text)}</span>'
