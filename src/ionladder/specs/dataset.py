"""A dataset: its name, licence, citation and the columns of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ionladder.specs.column import Column


@dataclass(frozen=True, kw_only=True)
class Oddity:
    """A known peculiarity of the data, allowed by entry id and explained.

    Attributes:
        check: Name of the integrity check that would otherwise fail.
        ids: Entries the exception covers.
        reason: Why it is allowed, in one sentence shown on the dataset card.
    """

    check: str
    ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a dataset version.

    Attributes:
        name: File stem (``entries``).
        key: Columns that identify a row and give its order.
        columns: All columns, in their order.
        description: One sentence.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    description: str


@dataclass(frozen=True, kw_only=True)
class PublishedFile:
    """A file as upstream publishes it, for catalogues that describe the original.

    Attributes:
        name: File name, as pinned in ``params.yaml``.
        description: One sentence.
        encoding: Its media type.
        columns: Its columns under their own headers; empty where it is no table.
        key: Headers that identify a row.
    """

    name: str
    description: str
    encoding: str
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that the page of an entry says of it.

    Attributes:
        column: Column of ``entries``.
        title: As printed.
        kind: How it is printed: a chemical formula, DOIs, or plain text.
    """

    column: str
    title: str
    kind: Literal["text", "formula", "doi"] = "text"


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset whose versions IonLadder keeps.

    Attributes:
        name: Folder name under ``data/``.
        title: Name as printed.
        summary: One sentence saying what it is.
        homepage: Address of the upstream project.
        licence: Licence of the data, as an SPDX identifier.
        licence_url: Address of the licence text.
        citation: How to cite it, one line.
        bibtex: The same as BibTeX.
        tables: Tables of every version, by name.
        oddities: Known peculiarities, allowed by id.
        making: How it was made, in paragraphs; for datasets that are computed here.
        caveats: What it must not be taken for, one sentence or two each.
        published: Its files as upstream publishes them; empty for datasets that are computed here.
        frames: Tables of atomic configurations, too large to hold in memory: written and read row
            group by row group, in the order of their key, and never loaded whole.
        composition_column: Column of ``entries`` with the composition, without brackets, from
            which distances between compositions are computed; None where entries are too many
            for that, so that no neighbours are looked for.
        facts: What pages say of an entry, its formula first.
    """

    name: str
    title: str
    summary: str
    homepage: str
    licence: str
    licence_url: str
    citation: str
    bibtex: str
    tables: tuple[Table, ...]
    oddities: tuple[Oddity, ...] = ()
    making: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    published: tuple[PublishedFile, ...] = ()
    frames: tuple[Table, ...] = ()
    composition_column: str | None = "formula_norm"
    facts: tuple[Fact, ...] = ()

    def table(self, name: str) -> Table:
        """The table of that name, frames included; KeyError when there is none."""
        by_name: Mapping[str, Table] = {t.name: t for t in (*self.tables, *self.frames)}
        return by_name[name]

    def allowed(self, check: str) -> frozenset[str]:
        """Entry ids excused from one integrity check."""
        return frozenset(i for oddity in self.oddities if oddity.check == check for i in oddity.ids)
