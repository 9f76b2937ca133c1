"""The template engine: escaping always on, unknown names an error, the site's own filters."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from ionladder.site import cell_html, text, wording


@cache
def environment() -> Environment:
    """One environment for all pages of a run, so that templates compile once."""
    engine = Environment(
        loader=PackageLoader("ionladder.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    engine.filters.update(
        inert=text.inert,
        inert_code=text.inert_code,
        isolated=text.isolated,
        paragraphs=text.paragraphs,
        num=text.number,
        interval=text.interval,
        fine_digits=text.fine_digits,
        exact=text.exact,
        count=text.count,
        duration=text.duration,
        short_hash=text.short_hash,
        breakable=text.breakable,
        sentence_case=text.sentence_case,
        external_link=text.external_link,
        formula=text.formula,
        doi_link=text.doi_link,
        floor_title=wording.floor_title,
        floor_meaning=wording.floor_meaning,
        repeats_phrase=wording.repeats_phrase,
        band_title=wording.band_title,
        scored_words=wording.scored_words,
        frozen_part=wording.frozen_part,
    )
    engine.globals.update(
        not_stated=text.NOT_STATED,
        cell_html=cell_html.cell,
        row_cells=cell_html.row_cells,
        score_cell=cell_html.score_cell,
    )
    return engine
