"""A dataset's card counts what its tables hold."""

import html
import re

import pandas as pd

from factories import write_repo
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from unit.conftest import SECOND_VERSION, fetch_and_ingest


def section(page, name):
    return page.split(f"{{: #{name} }}", 1)[1].split("\n## ", 1)[0]


def counts(text):
    return [int(number) for number in re.findall(r'il-number">(\d+)<', text)]


def test_the_card_counts_elements_space_groups_and_the_split(tmp_path, monkeypatch):
    ingested = write_repo(tmp_path / "repo", {"1.0.0": {}, "1.1.0": SECOND_VERSION})
    monkeypatch.delenv("IONLADDER_MIRROR", raising=False)
    fetch_and_ingest(ingested)
    page = html.unescape(render_pages(load_site(ingested))["datasets/obelix/"])
    chemistry = section(page, "chemistry")
    assert chemistry.count("il-chart--elements") == 2
    entries = pd.read_parquet(ingested.table("obelix", "1.1.0", "entries"))
    for group, n in entries["space_group_symbol"].value_counts().items():
        row = re.search(rf'<th scope="row">{re.escape(str(group))}</th>(.*?)</tr>', chemistry)
        assert row is not None, group
        assert sum(counts(row.group(1))) == n
    split = section(page, "split")
    assert sum(counts(split)) == 14, "the synthetic release has as many test entries"
    for entry in ("2yl", "52b", "8po", "mvq"):
        assert f"<code>{entry}</code>" in split, "entries that cross the split are named"
