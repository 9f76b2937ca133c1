"""Files beside the pages: the API, badges, BibTeX, and guides from the root of the repository."""

from __future__ import annotations

import io
import math
import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pyarrow as pa
from pydantic import Field
from pydantic.json_schema import models_json_schema

from ionladder.board.model import Board, Document, OpenModel, Receipt, Refused, Row, read_board
from ionladder.interchange.export import CROISSANT_FILE, croissant, table_files
from ionladder.repo import Layout, read_checksums, read_json, to_rows, write_parquet
from ionladder.site import charts
from ionladder.site import text as txt
from ionladder.site.context import DatasetSite, Site, TaskSite, VersionCard
from ionladder.site.pages import environment
from ionladder.specs import Dataset
from ionladder.submit.card import Card

if TYPE_CHECKING:
    import pandas as pd

# The shapes of ``/api/v1/``: what every file of a kind has, not what it may have more


SCHEMA_VERSION = "1"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class SubmissionLink(OpenModel):
    """A submission and the address of its receipt."""

    name: str
    model: str | None = Field(description="Null where its card cannot be read.")
    is_scored: bool
    receipt: str | None


class TaskLink(OpenModel):
    """A task, the data that it is scored on, and the address of its board."""

    name: str
    title: str
    question: str
    dataset: str
    dataset_version: str
    board: str | None = Field(description="Null where nothing has been scored yet.")
    submissions: list[SubmissionLink]


class VersionLink(OpenModel):
    """A dataset version and the address of its Croissant metadata."""

    version: str
    croissant: str | None = Field(description="Null where the version was not ingested yet.")


class DatasetLink(OpenModel):
    """A dataset and its versions, oldest first."""

    name: str
    title: str
    licence: str
    homepage: str
    versions: list[VersionLink]


class Index(Document):
    """``index.json``: everything that is here; addresses are relative to it."""

    schema_: str = Field(alias="schema", description="Address of this schema.")
    ionladder: str = Field(description="Version of the package that wrote the files.")
    tasks: list[TaskLink]
    datasets: list[DatasetLink]


class Croissant(OpenModel):
    """``datasets/<dataset>/<version>/croissant.json``: metadata in the Croissant format, 1.1."""

    context: dict[str, Any] = Field(alias="@context")
    type: Literal["sc:Dataset"] = Field(alias="@type")
    conforms_to: Literal["http://mlcommons.org/croissant/1.1"] = Field(alias="conformsTo")
    name: str
    version: str
    license: str
    distribution: list[dict[str, Any]]
    record_set: list[dict[str, Any]] = Field(alias="recordSet")


DOCUMENTS: tuple[type[OpenModel], ...] = (Index, Board, Receipt, Refused, Croissant)


def api_schema() -> dict[str, Any]:
    """The JSON Schema of all files: a file is one of the documents under ``anyOf``."""
    _, definitions = models_json_schema(
        [(model, "validation") for model in DOCUMENTS], ref_template="#/$defs/{model}"
    )
    return {
        "$schema": _DIALECT,
        "title": "IonLadder API, version 1",
        "description": "Keys are added within a version, never taken away; pass over unknown ones. "
        "Under targets, slices and subsets a key that is not there is null or false.",
        "anyOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in DOCUMENTS],
        "$defs": definitions["$defs"],
    }


# ``/api/v1/``: boards, receipts and dataset metadata as JSON at addresses that stay


API = "api/v1/"
INDEX, SCHEMA, DATASETS = "index.json", "schema.json", "datasets"


def api_documents(site: Site) -> dict[str, str]:
    """Address in the site → text of every file: boards, receipts, metadata of datasets."""
    version = {"schema_version": SCHEMA_VERSION}
    documents: dict[str, Any] = {INDEX: {**version, **_index(site)}, SCHEMA: api_schema()}
    for item in site.tasks:
        if item.is_scored:
            board, _ = read_board(site.layout, item.task.name)
            rows = [_short(row, "subsets", "targets") for row in board.get("rows", ())]
            documents[f"{item.task.name}.json"] = {**version, **board, "rows": rows}
        for name, receipt in _receipts(site, item).items():
            short = _short(receipt, "targets", "slices")
            documents[f"{item.task.name}/{name}.json"] = {**version, **short}
    for dataset, card, place in _described(site):
        sums = read_checksums(site.layout, dataset.name, card.pinned.version)
        documents[place] = croissant(dataset, dict(card.manifest or {}), sums)
    return {f"{API}{place}": to_rows(content, deepest=0) for place, content in documents.items()}


def _short(content: Mapping[str, Any], *parts: str) -> dict[str, Any]:
    """A document of which some parts leave out what is null, or false, at any depth."""

    def said(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {k: said(v) for k, v in value.items() if v is not None and v is not False}

    return {k: said(v) if k in parts else v for k, v in content.items()}


def receipt_url(task: str, name: str) -> str:
    """Address of a receipt, from the root of the site."""
    return f"{API}{task}/{name}.json"


def api_tables(site: Site) -> dict[str, Path]:
    """Address in the site → table copied beside its Croissant file: of our own datasets only."""
    return {
        f"{API}{DATASETS}/{item.dataset.name}/{card.pinned.version}/{name}": path
        for item in site.datasets
        for card in item.versions
        if card.manifest is not None
        for name, path in table_files(site.layout, dict(card.manifest)).items()
        if path.is_file()
    }


#: Address of the table of all predictions of all models.
PREDICTIONS = "data/predictions.parquet"


def write_predictions(path: Path, tables: Sequence[pd.DataFrame]) -> None:
    """Write the predictions of all tasks as one table."""
    import pandas as pd

    table = pa.Table.from_pandas(pd.concat(tables, ignore_index=True), preserve_index=False)
    about = {"source": "IonLadder", "y_pred": "in the unit of the target, as y_true and std"}
    write_parquet(path, table, sort_by=table.column_names[:5], metadata=about)


def croissant_url(site: Site, item: DatasetSite, card: VersionCard | None) -> str | None:
    """Address of the Croissant file of a version; None where there is none."""
    place = _croissant(site, item, card) if card else None
    return place and f"{API}{place}"


def _croissant(site: Site, item: DatasetSite, card: VersionCard) -> str | None:
    """Its place in the API; a version has one with its manifest, tables and their hashes."""
    if card.manifest is None:
        return None
    name, version = item.dataset.name, card.pinned.version
    tables = table_files(site.layout, dict(card.manifest))
    sums = read_checksums(site.layout, name, version)
    is_described = all(table in sums and path.is_file() for table, path in tables.items())
    return f"{DATASETS}/{name}/{version}/{CROISSANT_FILE}" if is_described else None


def _described(site: Site) -> Iterator[tuple[Dataset, VersionCard, str]]:
    for item in site.datasets:
        for card in item.versions:
            if (place := _croissant(site, item, card)) is not None:
                yield item.dataset, card, place


def _receipts(site: Site, item: TaskSite) -> dict[str, Any]:
    """Submission → its receipt, those that could not be scored included."""
    found = {name: entrant.receipt for name, entrant in item.entrants.items() if entrant.receipt}
    for entry in item.unscored:
        if (path := site.layout.receipt(item.task.name, entry.name)).is_file():
            found[entry.name] = read_json(path)
    return found


def _index(site: Site) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "ionladder": site.package_version,
        "tasks": [_task_link(site, item) for item in site.tasks],
        "datasets": [
            {
                "name": item.dataset.name,
                "title": item.dataset.title,
                "licence": item.dataset.licence,
                "homepage": item.dataset.homepage,
                "versions": [
                    {"version": c.pinned.version, "croissant": _croissant(site, item, c)}
                    for c in item.versions
                ],
            }
            for item in site.datasets
        ],
    }


def _task_link(site: Site, item: TaskSite) -> dict[str, Any]:
    task, receipts = item.task, _receipts(site, item)
    models: dict[str, str | None] = {entry.name: None for entry in item.unscored}
    models |= {name: entrant.row.model for name, entrant in item.entrants.items()}
    return {
        "name": task.name,
        "title": task.title,
        "question": task.question,
        "dataset": task.dataset,
        "dataset_version": item.board.dataset_version,
        "board": f"{task.name}.json" if item.is_scored else None,
        "submissions": [
            {
                "name": name,
                "model": models[name],
                "is_scored": name in item.entrants,
                "receipt": f"{task.name}/{name}.json" if name in receipts else None,
            }
            for name in sorted(models)
        ],
    }


# ``badges/<task>/<name>.svg`` and ``.json``: what a model's own README can show of its place here


BADGES = "badges"
#: Characters of a model's name on a badge; its tooltip has all of it.
LONGEST_NAME = 40
_NAME_COLOUR = "#2b3540"
_LEADS, _FOLLOWS, _UNRANKED = "#0b62a4", "#47535f", "#68727d"
_PADDING = 6
_NARROW, _WIDE, _USUAL = 4.0, 11.5, 6.9
_NARROW_CHARACTERS = frozenset(" .,:;'|!()[]ijlrtfI·–-")


def badge_url(task: str, name: str, kind: str = "svg") -> str:
    """Address of a submission's badge, from the root of the site."""
    return f"{BADGES}/{task}/{name}.{kind}"


def badge_documents(site: Site) -> dict[str, str]:
    """Address in the site → text of every badge, two a scored submission."""
    template = environment().get_template("badge.svg.j2")
    documents = {}
    for item in site.tasks:
        leaders = {row.submission for row in item.board.leaders}
        for name, entrant in item.entrants.items():
            row = entrant.row
            leads = row.submission in leaders
            colour = _UNRANKED if row.rank is None else _LEADS if leads else _FOLLOWS
            words, *facts = _facts(item, row)
            label = txt.plain(row.model, limit=LONGEST_NAME) or name
            documents[badge_url(item.task.name, name)] = template.render(
                title=f"{txt.plain(row.model)} on {'; '.join([words, *facts])}",
                name=label,
                words=words,
                left=_width(label) + 2 * _PADDING,
                right=_width(words) + 2 * _PADDING,
                padding=_PADDING,
                name_colour=_NAME_COLOUR,
                colour=colour,
            )
            badge = {"schemaVersion": 1, "label": label, "message": words}
            badge |= {"labelColor": _NAME_COLOUR, "color": colour}
            documents[badge_url(item.task.name, name, "json")] = to_rows(badge)
    return documents


def _facts(item: TaskSite, row: Row) -> tuple[str, str, str]:
    """Its place (``IonLadder obelix: rank 1–3 of 5, top group``), its score, and the data."""
    board, score = item.board, item.board.primary(row)
    place, between = txt.ranks(row.rank_low, row.rank_high), txt.interval(score.low, score.high)
    n_ranked = sum(each.rank is not None for each in board.of_kind("verified"))
    words = f"rank {place} of {n_ranked}{', top group' if row.tie_group == 1 else ''}"
    value = f"{item.task.primary_use.title} {txt.number(score.value)} {board.unit}"
    return (
        f"IonLadder {item.task.name}: {words if place else f'{row.kind}, not ranked'}",
        f"{value}{f' ({between})' if between else ''}",
        f"{item.dataset.title} {board.dataset_version}, scorer version {board.scorer_version}",
    )


def _width(text: str) -> int:
    """About how wide 11 px of Verdana are; the picture is stretched to exactly that."""
    return max(round(math.fsum(_advance(character) for character in text)), 1)


def _advance(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF" or character in "MWmw@%":
        return _WIDE if character not in "mw" else 9.5
    return _NARROW if character in _NARROW_CHARACTERS else _USUAL


# ``card.png`` beside the page of a model: the picture that a link to it shows elsewhere


CARD = "card.png"
#: Rows of a board that have a card, from the first on; others have that of the site.
CARDS = 30
_BLUE, _GREEN, _GREY = 1, 2, 3
_COLOURS = {_BLUE: (11, 98, 164), _GREEN: (0, 114, 90), _GREY: (160, 168, 176)}
#: Characters that the font has and that need no shaping.
_DRAWN = frozenset(map(chr, (*range(0x20, 0x590), *range(0x1E00, 0x2300))))


def has_card(item: TaskSite, row: Row) -> bool:
    """Whether the page of a row has a picture of its own."""
    return row.order < CARDS and item.board.primary(row).value is not None


def card_pictures(site: Site) -> Iterator[tuple[str, bytes]]:
    """Address in the site and PNG, 1200 × 630, of every model that has a picture of its own."""
    pages = [
        (txt.submission_url(i.task.name, name), name, [i])
        for i in site.tasks
        for name in i.entrants
    ]
    pages += [(txt.model_url(name), name, list(items)) for name, items in site.models.items()]
    for place, name, items in pages:
        rows = [(item, row) for item in items if has_card(item, row := item.entrants[name].row)]
        if rows:
            lines: Sequence[str] = _facts(*rows[0])
            if len(items) > 1:
                lines = [f"{item.task.name}: {_facts(item, row)[1]}" for item, row in rows[:4]]
            yield f"{place}{CARD}", _card(rows[0][1], lines, rows[0][0].board)


def _card(row: Row, lines: Sequence[str], board: Board) -> bytes:
    """The model's name, lines of text, and where the score is among those of a board."""
    from PIL import Image, ImageDraw

    image = Image.new("L", (1200, 630), 255)
    pen, y, name = ImageDraw.Draw(image), 50, txt.plain(row.model, limit=60)
    name = name if _DRAWN.issuperset(name) else row.submission or ""
    for text, size in (
        ("IonLadder", 30),
        (name, 54 if len(name) < 36 else 34),
        *((line, 30) for line in lines),
    ):
        pen.text((60, y), txt.plain(text, limit=64), font=_font(size), fill=31)
        y += round(size * 1.65)
    y, own = 500, board.primary(row)
    axis = f"{charts.value_axis(board)}, from 0; all models grey, floors green"
    pen.text((60, y + 66), axis, font=_font(26), fill=31)
    # Sixteen greys for text; the rest of the palette has room for colours.
    image = image.point([shade | 15 for shade in range(256)])
    image.putpalette([part for i in range(256) for part in _COLOURS.get(i, (i, i, i))])
    pen = ImageDraw.Draw(image)
    scores = [s for each in board.scored[:CARDS] if (s := board.primary(each).value) is not None]
    floors = [floor.value for floor in board.levels]
    values = [*scores, *floors, own.high or 0.0]
    reach = charts.axis_reach(values, baseline=charts.baseline_value(board))
    x = charts.Scale(0.0, reach, 60, 1140)
    pen.line((60, y, 1140, y), fill=_GREY, width=2)
    marks = [*((s, 24, _GREY) for s in scores), *((floor, 50, _GREEN) for floor in floors)]
    for at, half, colour in marks:
        pen.line((x(at), y - half, x(at), y + half), fill=colour, width=4)
    if own.low is not None and own.high is not None:
        pen.line((x(own.low), y, x(own.high), y), fill=_BLUE, width=7)
    at = x(own.value or 0.0)
    pen.ellipse((at - 16, y - 16, at + 16, y + 16), fill=_BLUE)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@cache
def _font(size: int) -> Any:
    """DejaVu Sans, which comes with matplotlib, and that with pymatgen."""
    from PIL import ImageFont

    found = find_spec("matplotlib")
    (folder,) = (found and found.submodule_search_locations) or [""]
    return ImageFont.truetype(f"{folder}/mpl-data/fonts/ttf/DejaVuSans.ttf", size)


# A submission as BibTeX: who, what model, where it is scored; nothing that no card states


_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}
_NOT_IN_ADDRESS = re.compile(r"[{}\\%\s]")


def bibtex_lines(
    card: Card | None, board: Board, row: Row, name: str, *, entered: datetime | None = None
) -> list[str]:
    """Lines of the BibTeX of a submission; none where its card cannot be read.

    The year is that in which it entered the board, where git knows. ``https://…`` stands for the
    address of the site, which the page's script fills in.
    """
    if card is None:
        return []
    task, score = board.task, board.primary(row).value
    versions = f"data version {board.dataset_version}, scorer version {board.scorer_version}"
    if score is not None:
        scored = f"{task.primary_use.title} {txt.number(score, digits=4)} {board.unit}"
        versions = f"{scored}, {versions}"
    fields = {
        "title": f"{{{_text(card.model)}}}",
        "author": " and ".join(f"{{{_text(author.name)}}}" for author in card.authors),
        "howpublished": f"Submission {_text(name)} to the IonLadder task {_text(task.name)}",
        "note": _text(versions),
    }
    if card.paper_doi and not _NOT_IN_ADDRESS.search(card.paper_doi):
        fields["annote"] = f"Paper named by the card: doi:{card.paper_doi}"
    if entered is not None:
        fields |= {"year": str(entered.year), "month": str(entered.month)}
    fields["url"] = f"https://…/{txt.submission_url(task.name, name)}"
    address = txt.web_address(card.code_url) if card.code_url else None
    if address and not _NOT_IN_ADDRESS.search(address):
        fields["note"] += f"; code: {address}"
    key = re.sub(r"[^A-Za-z0-9]+", "-", f"ionladder-{task.name}-{name}").strip("-")
    lines = [f"  {field} = {{{value}}}," for field, value in fields.items()]
    return [f"@misc{{{key},", *lines, "}"]


def _text(text: object) -> str:
    """One line that TeX reads as nothing but text."""
    return "".join(_SPECIAL.get(character, character) for character in txt.plain(text))


# Contribute and Security: two texts at the root of the repository, as pages of the site


_LINK = re.compile(r"\[(?P<text>[^\]\n]+)\]\((?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")
_OUTSIDE = ("http://", "https://", "mailto:")
_FRONT = "---\ntitle: {title}\ndescription: {description}\nhide: [navigation]\n---\n\n"


class Guide(NamedTuple):
    """A page made from a text at the root: its file name there and what the page is called."""

    source: str
    title: str
    description: str


#: Page → the text that it shows.
GUIDES = {
    "contribute.md": Guide(
        "CONTRIBUTING.md",
        "Contribute",
        "How to add a submission, a dataset, a metric, a baseline or a page; who decides.",
    ),
    "security.md": Guide(
        "SECURITY.md",
        "Security",
        "What is promised about others' submissions, what was tried, how to report.",
    ),
}


def guides(layout: Layout) -> dict[str, str]:
    """File name → Markdown of each guide whose text is there."""
    docs = layout.relative(layout.docs_dir)
    ways = {f"{docs}/{path.name}": path.name for path in layout.docs_dir.glob("*.md")}
    ways |= {guide.source: name for name, guide in GUIDES.items()}
    return {
        name: _FRONT.format(title=guide.title, description=guide.description)
        + linked_within(path.read_text(encoding="utf-8"), ways)
        for name, guide in GUIDES.items()
        if (path := layout.root / guide.source).is_file()
    }


def linked_within(text: str, ways: Mapping[str, str]) -> str:
    """A text of the repository whose links lead within the site, or name a path.

    Args:
        text: Markdown with links relative to the root of the repository.
        ways: Path in the repository → page of the site.

    Example:
        >>> ways = {"docs/a.md": "a.md"}
        >>> linked_within("[more](docs/a.md), [0002](docs/b/2.md), [x](https://x.org)", ways)
        '[more](a.md), 0002 (`docs/b/2.md`), [x](https://x.org)'
    """

    def within(link: re.Match[str]) -> str:
        target = link["target"]
        if target.startswith(_OUTSIDE):
            return link[0]
        way = ways.get(posixpath.normpath(target))
        if way is not None:
            return f"[{link['text']}]({way}{link['anchor'] or ''})"
        words = link["text"].strip("`")
        return f"`{target}`" if words == target else f"{link['text']} (`{target}`)"

    return _LINK.sub(within, text)


def guide_sources(written: AbstractSet[str]) -> dict[str, str]:
    """Page → path in the repository where its text stands, guides and pages of ``docs`` alike."""
    return {name: GUIDES[name].source if name in GUIDES else f"docs/{name}" for name in written}
