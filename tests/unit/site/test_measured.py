"""The methods page shows what was measured, and says so where nothing was."""

import pytest

from ionladder.errors import DataChangedError
from ionladder.site.context import load_site
from ionladder.site.pages.methods import COVERAGE, SEPARATION
from ionladder.site.render import render_pages
from unit.site.synthetic_board import make_repository, typical


def test_without_results_the_page_claims_nothing_and_damaged_ones_are_an_error(tmp_path):
    layout = make_repository(tmp_path, typical())
    page = render_pages(load_site(layout))["methods/"]
    for name in (COVERAGE, SEPARATION):
        assert f"`benchmarks/results/{name}` is missing" in page
    layout.benchmarks_results.mkdir(parents=True)
    (layout.benchmarks_results / COVERAGE).write_text('{"seed": ')
    with pytest.raises(DataChangedError, match=r"benchmarks/results/coverage\.json"):
        render_pages(load_site(layout))
