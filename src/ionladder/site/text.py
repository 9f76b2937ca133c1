"""Numbers, formulas, links and phrases as text."""

from __future__ import annotations

import math
import posixpath
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from ionladder.data.registry import get_dataset
from ionladder.errors import DataMissingError, Problem, own_yaml
from ionladder.repo import Layout
from ionladder.specs import MEAN_OF_TARGETS, Dataset, LabelWords, MetricUse, Target, Task
from ionladder.submit.card import MAINTAINERS, Card

# Text for pages: contributors' words made inert, numbers in one style, links that stay links


NOT_STATED = Markup('<span class="il-null">not stated</span>')


_MINUS = "−"
_DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"']+")
_AMOUNT = re.compile(r"(?<=[A-Za-z)\]])(\d+(?:\.\d+)?)")
_GROUP = re.compile(r"(?<=[\w)\]])(?=[(\[]*[A-Z])")
_BLANKS = re.compile(r"(?:[^\S\u202f]|(?<!\d)\u202f|\u202f(?!\d))+")
_ZEROS = re.compile(r"\.0+$")
_LONGEST_FORMULA, _LINE = 120, 8
_SMALL = 0.02
_ROUNDING = 1e-6


def plain(text: object, *, limit: int | None = None) -> str:
    """One line of visible characters: no control or direction-changing characters, one space.

    Narrow spaces stay where they part the digits of a number, as :func:`count` sets them.

    Example:
        >>> plain("two\\n lines \\u202e")
        'two lines'
        >>> plain("a very long name", limit=8)
        'a very …'
    """
    kept = str(text)
    if not kept.isprintable():
        kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in kept)
    line = _BLANKS.sub(" ", kept).strip()
    return line if limit is None or len(line) <= limit else f"{line[: limit - 1]}…"


def inert(text: object, *, limit: int | None = None) -> Markup:
    """A contributor's words as one line that HTML reads as nothing but text.

    Example:
        >>> inert("<b>\\n& more", limit=8)
        Markup('&lt;b&gt; &amp; m…')
    """
    return escape(plain(text, limit=limit))


def inert_code(line: object) -> Markup:
    """:func:`inert` text of one line of code, whose leading blanks stay.

    Example:
        >>> inert_code("  a = 1")
        Markup('  a = 1')
    """
    text = str(line)
    return Markup(" " * (len(text) - len(text.lstrip(" ")))) + inert(text)  # noqa: S704


def isolated(text: object, *, limit: int | None = None) -> Markup:
    """:func:`inert` text whose writing direction cannot leak into its neighbours."""
    shown = inert(text, limit=limit)
    return shown if shown.isascii() else Markup("<bdi>{}</bdi>").format(shown)


def paragraphs(text: object) -> Markup:
    """A contributor's longer text: blank lines part paragraphs, everything else is inert."""
    blocks = [block for block in re.split(r"\n\s*\n", str(text)) if plain(block)]
    return Markup("\n").join(Markup('<p dir="auto">{}</p>').format(inert(b)) for b in blocks)


def web_address(text: object) -> str | None:
    """The address if it is plain http(s) with a host, else None.

    Example:
        >>> web_address("https://example.org/a b") is None, web_address("javascript:alert(1)")
        (True, None)
    """
    address = str(text).strip()
    if any(c.isspace() or c in "<>\"'`\\" or not c.isprintable() for c in address):
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in {"http", "https"} and parts.netloc else None


def external_link(address: object, label: object | None = None) -> Markup:
    """A link to a contributor's address, or their text when it is not an http(s) address."""
    target = web_address(address)
    shown = inert(address if label is None else label)
    if target is None:
        return shown
    return Markup('<a href="{}" rel="nofollow noopener ugc">{}</a>').format(target, shown)


def code_of(card: Card) -> Markup | None:
    """Where the code of a model is: what its card says, or this repository; None: not stated."""
    if card.code_url:
        return external_link(card.code_url)
    if {author.name for author in card.authors} == {MAINTAINERS}:
        return Markup("in this repository: <code>src/ionladder/baselines/</code>")
    return None


def doi_link(doi: object) -> Markup:
    """A DOI as a link to its resolver, or inert text when it is not a DOI."""
    if not _DOI.fullmatch(str(doi)):
        return inert(doi)
    return external_link(f"https://doi.org/{doi}", doi)


def formula(text: object) -> Markup:
    """A chemical formula with its amounts set low; whole amounts lose their decimals.

    A narrow column breaks a long one between an element with its amount and the next, nowhere else.

    Example:
        >>> formula("Li1.2Ti2.0(PO4)3").striptags(), formula("Li10GeP2S12.0")
        ('Li1.2Ti2(PO4)3', Markup('Li<sub>10</sub>GeP<sub>2</sub>S<sub>12</sub>'))
    """
    return _drawn_formula(plain(text, limit=_LONGEST_FORMULA))


@cache
def _drawn_formula(text: str) -> Markup:
    lines = [""]
    for group in _GROUP.split(text):
        lines += [""] if len(lines[-1]) >= _LINE else []
        lines[-1] += group
    lines = ["".join(lines)] if len("".join(lines)) <= 2 * _LINE else lines
    return Markup("").join(
        Markup("<sub>{}</sub>").format(_ZEROS.sub("", part))
        if place % 2
        else escape(part).replace("\u200b", Markup("<wbr>"))
        for place, part in enumerate(_AMOUNT.split("\u200b".join(lines)))
    )


def number(value: float | None, *, digits: int = 2) -> str:
    """A number in fixed notation with a true minus; an en dash for none.

    Example:
        >>> number(1.5857), number(-0.114), number(None), number(-0.001)
        ('1.59', '−0.11', '–', '0.00')
    """
    if value is None or math.isnan(value):
        return "–"
    shown = f"{value:.{digits}f}".replace("inf", "∞")
    if not shown.startswith("-"):
        return shown
    size = shown[1:]
    return f"{_MINUS}{size}" if size == "∞" or float(size) else size


def percent(share: float | None) -> str:
    """A share in whole per cent; the ends are kept for what is certain.

    Example:
        >>> percent(0.4436), percent(0.9996), percent(0.002), percent(1.0), percent(None)
        ('44 %', '> 99 %', '< 1 %', '100 %', '–')
    """
    if share is None or math.isnan(share):
        return "–"
    if 0.0 < share < 0.01 or 0.99 < share < 1.0:
        return "< 1 %" if share < 0.5 else "> 99 %"
    return f"{100 * share:.0f} %"


def change_of(value: float | None, *, digits: int = 2) -> str:
    """A difference with its sign; ``±`` for none at all, an en dash where it is not known.

    One that these digits would round to zero keeps its first significant digit, so that it never
    contradicts a verdict beside it; less than a millionth is taken for rounding.

    Example:
        >>> change_of(0.25), change_of(-0.0125, digits=3), change_of(0.0), change_of(None)
        ('+0.25', '−0.013', '±0.00', '–')
        >>> change_of(0.0012), change_of(-0.0038)
        ('+0.001', '−0.004')
    """
    if value and abs(value) >= _ROUNDING and not float(f"{value:.{digits}f}"):
        digits = -math.floor(math.log10(abs(value)))
    shown = number(value, digits=digits)
    if value is None or shown.startswith(("–", _MINUS)):
        return shown
    return f"+{shown}" if float(f"{value:.{digits}f}") else f"±{shown}"


def fine_digits(value: float | None) -> int:
    """Decimals that leave a small number something to say.

    Example:
        >>> fine_digits(0.41), fine_digits(0.0091), fine_digits(None)
        (2, 3, 2)
    """
    return 3 if value is not None and 0 < abs(value) < _SMALL else 2


def interval(low: float | None, high: float | None, *, digits: int = 2) -> str:
    """An interval as printed between numbers; empty when an end is missing.

    Example:
        >>> interval(1.111, 2.219), interval(-0.2, 0.1), interval(None, None)
        ('1.11–2.22', '−0.20 to 0.10', '')
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    joint = "–" if low >= 0 else " to "
    return f"{number(low, digits=digits)}{joint}{number(high, digits=digits)}"


def limit(value: float, scored: float) -> str:
    """A label of which only an upper limit is known.

    Example:
        >>> limit(-10.0, -15.0)
        '< −10 (scored as −15)'
    """
    shown = (number(each, digits=0 if each == round(each) else 2) for each in (value, scored))
    return "< {} (scored as {})".format(*shown)


def exact(value: float | None) -> str:
    """A number for ``data-sort``; empty when there is none, which sorts last."""
    return "" if value is None or math.isnan(value) else repr(value)


def count(value: int | None) -> str:
    """A whole number with narrow spaces between thousands.

    Example:
        >>> count(1234567)
        '1\\u202f234\\u202f567'
    """
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def day(time: datetime | None) -> str:
    """A date; an en dash where it is not known.

    Example:
        >>> day(datetime(2026, 11, 5)), day(None)
        ('2026-11-05', '–')
    """
    return "–" if time is None else f"{time:%Y-%m-%d}"


def duration(seconds: float) -> str:
    """A time span in the unit a person would use.

    Example:
        >>> duration(0.25), duration(95), duration(5400)
        ('0.25 s', '1.6 min', '1.5 h')
    """
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.2g} s"


def short_hash(digest: str) -> str:
    """The first twelve digits of a hash, enough to compare by eye."""
    return digest[:12]


def breakable(name: str) -> Markup:
    """A technical name that a narrow column may break after an underscore.

    Example:
        >>> breakable("ids_keep")
        Markup('ids_<wbr>keep')
    """
    return Markup("_<wbr>").join(escape(part) for part in name.split("_"))


def sentence_case(words: str) -> str:
    """The words with a capital first letter and the rest as it is.

    Example:
        >>> sentence_case("with CIF")
        'With CIF'
    """
    return words[:1].upper() + words[1:]


def ranks(low: int | None, high: int | None) -> str:
    """A range of ranks: ``1–3``, or ``2`` when both ends agree; empty when not ranked."""
    if low is None or high is None:
        return ""
    return str(low) if low == high else f"{low}–{high}"


def listing(words: Sequence[Markup], *, more: int = 0) -> Markup:
    """Words as in a sentence, and how many more there are; at least one word.

    Semicolons part them where a comma stands in one of them.

    Example:
        >>> str(listing([Markup("a"), Markup("b"), Markup("c")])), str(listing([Markup("a")]))
        ('a, b and c', 'a')
        >>> str(listing([Markup("a"), Markup("b")], more=4))
        'a, b and 4 others'
        >>> str(listing([Markup("a, small"), Markup("b"), Markup("c")]))
        'a, small; b; and c'
    """
    shown = [*words, Markup("{} others").format(more)] if more else list(words)
    if len(shown) == 1:
        return shown[0]
    has_comma = any("," in word.striptags() for word in shown)
    comma, last = map(Markup, ("; ", "; and ") if has_comma else (", ", " and "))
    return last.join([comma.join(shown[:-1]), shown[-1]])


def byte_count(number: int) -> str:
    """A size as people say it, decimal units.

    Example:
        >>> byte_count(11_000_000), byte_count(3_800_000_000)
        ('11 MB', '3.8 GB')
    """
    if number < 1_000_000_000:
        return f"{number / 1e6:.0f} MB"
    return f"{number / 1e9:.1f} GB"


# Sentences that several pages share: what kinds of rows, floors and subsets mean


@dataclass(frozen=True)
class UncertaintyWords:
    """How pages speak of one score of stated standard deviations."""

    title: str
    meaning: str
    formula: str
    direction: str = ""
    has_unit: bool = False


@dataclass(frozen=True)
class ScoredWords:
    """How pages speak of what a task scores, and how often.

    Attributes:
        entries: The scored entries, in the plural (``test entries``).
        trainings: Heading over the number of trainings that a score is the mean of.
        training_hint: What one of them is.
        over: What the spread of a score is taken over (``seeds``).
    """

    entries: str
    trainings: str
    training_hint: str
    over: str


#: Everything that ``words.yaml`` holds, by its headings.
WORDS = own_yaml(Path(__file__).with_name("words.yaml"))

#: Kind of a row → what it is.
KIND_MEANING: Mapping[str, str] = WORDS["kinds"]

#: Unit of an error → a short sentence that gives a feeling for it, and what follows from it.
UNITS: Mapping[str, tuple[str, str]] = {k: tuple(v.values()) for k, v in WORDS["units"].items()}

#: Heading → key → ``term``, ``meaning`` and, for some, the page to ``see``.
GLOSSARY: Mapping[str, Mapping[str, Mapping[str, Any]]] = WORDS["glossary"]
#: Head of a column → the term of the glossary that says what it is.
HEADS = {
    head: key
    for terms in GLOSSARY.values()
    for key, said in terms.items()
    for head in (said["term"], *said.get("heads", ()))
}
_THEAD = re.compile(r"<thead>.*?</thead>", re.DOTALL)
_HEAD = re.compile(r"(<th\b[^>]*>)((?:[^<&]|&(?!nbsp;))+)")

#: What a model sees → as printed.
INPUTS: Mapping[str, str] = WORDS["inputs"]

#: Score of stated standard deviations → its words, in the order in which they are shown.
UNCERTAINTY = {name: UncertaintyWords(**said) for name, said in WORDS["uncertainty"].items()}


def scored_words(task: Task) -> ScoredWords:
    """The words of a task: those of a test set, or of repeated folds."""
    return ScoredWords(**WORDS["scored"]["test" if task.scored_folds is None else "folds"])


def use_title(use: MetricUse) -> str:
    """A metric as a task uses it, as printed: its title, and which entries count how much.

    Example:
        >>> use_title(MetricUse(name="m", metric="mae", title="MAE", weight="n_atoms"))
        'MAE, weighed by n_atoms'
    """
    title = use.title
    if use.weight and "weigh" not in title:
        title += f", weighed by {use.weight}"
    if use.only and " only" not in title:
        title += f", {use.only} only"
    return title


def frozen_part(task: Task) -> str:
    """What is frozen and scored, as the facts of a board say it."""
    folds, entries = task.scored_folds, task.entries
    part = f"split ‘{task.split}’" if folds is None else f"folds ‘{folds.scheme}’"
    return f"frozen {part}" + (f", entries {entries.title}" if entries else "")


def floor_title(name: str) -> str:
    """Title of a floor as printed."""
    floor: Mapping[str, str] = WORDS["floors"].get(name, {})
    return floor.get("title", name.replace("_", " ").capitalize())


def floor_meaning(
    name: str, words: LabelWords | None = None, oracle: float | None = None, unit: str = ""
) -> str:
    """What a floor is, in the words of a task; empty for a floor that has no text yet.

    Args:
        name: Key of the floor.
        words: How the task speaks of its labels.
        oracle: What a perfect model pays where only a limit is known, in ``unit``; None: not said.
        unit: Unit of an error.
    """
    said, text = words or LabelWords(), str(WORDS["floors"].get(name, {}).get("meaning", ""))
    paid = "a fixed amount" if oracle is None else f"{number(oracle)} {unit}"
    return text.format(one=said.one, subject=said.subject, oracle=paid)


def repeats_phrase(task: Task) -> str:
    """What the floor rests on, in the words of a task: ``repeated labels of one entry``."""
    return f"repeated {task.label_words.one}s of one {task.label_words.subject}"


def target_title(task: Task, name: str) -> str:
    """A target as printed, or how the mean over all targets is called."""
    if name == MEAN_OF_TARGETS:
        return f"Mean over {', '.join(target.symbol for target in task.targets)}"
    return task.target(name).symbol


def band_title(target: Target) -> str:
    """The region near the identity line, as a legend says it; empty when there is none."""
    if target.band is None:
        return ""
    if target.band == 1 and target.error_unit == "decades":
        return "within one decade"
    return f"within {target.band:g} {target.error_unit}"


def axis_title(target: Target) -> str:
    """A target with its unit, as an axis says it: ``log₁₀ σ, σ in S/cm`` for a logarithm."""
    logarithm = re.fullmatch(r"log10\((.+)\)", target.unit)
    if logarithm is None:
        return f"{target.symbol} ({target.unit})"
    return f"{target.symbol}, {target.symbol.split()[-1]} in {logarithm.group(1)}"


def yes_no(value: bool | None) -> str | None:
    """A stated yes or no; None when it is not stated."""
    return None if value is None else ("yes" if value else "no")


# Addresses of pages, the way from one to another, and a check that each way leads somewhere


HOME = ""
EXPLORE = "entries/"
# One attribute a pattern: what begins with a fixed text is found fast.
_LINKING = ("href", "src", "data-entries")
_REFERENCES = tuple(re.compile(rf' {name}="([^"#][^"]*)"') for name in _LINKING)
_OUTSIDE = ("https://", "http://", "mailto:", "data:")


def board_url(task: str) -> str:
    """Address of a task's leaderboard, from the root of the site."""
    return f"{task}/"


def version_url(task: str, number: int) -> str:
    """Address of a board as it was at one publication; it stays."""
    return f"{board_url(task)}at/{number}/"


def submission_url(task: str, name: str) -> str:
    """Address of a submission's page."""
    return f"submissions/{task}/{name}/"


def model_url(name: str) -> str:
    """Address of the page of a model that is on several boards."""
    return f"models/{name}/"


def charts_url(task: str) -> str:
    """Address of the page with a task's charts."""
    return f"charts/{task}/"


def entries_url(task: str) -> str:
    """Address of the page on a task's test entries."""
    return f"entries/{task}/"


def entry_url(dataset: str, entry: str) -> str:
    """Address of the page of one entry, whichever boards score it."""
    return f"entries/{dataset.replace('_', '-')}/{entry}/"


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
    shared = len(posixpath.commonprefix([origin, aim[:-1]]))
    way = "../" * (len(origin) - shared) + "/".join(aim[shared:]) or "./"
    return f"{way}#{anchor}" if anchor else way


def explained_heads(page: str, glossary: str) -> str:
    """A page whose heads of columns lead to the glossary, where it has them.

    Example:
        >>> explained_heads('<thead><th>F1, σ &#8805; 1&nbsp;↑</th></thead><th>F1</th>', "g/")
        '<thead><th><a href="g/#screening">F1, σ &#8805; 1</a>&nbsp;↑</th></thead><th>F1</th>'
    """

    def linked(match: re.Match[str]) -> str:
        label = unescape(match[2]).strip()
        key = HEADS.get(label) or HEADS.get(label.partition(",")[0])
        return f'{match[1]}<a href="{glossary}#{key}">{match[2]}</a>' if key else match[0]

    return _THEAD.sub(lambda head: _HEAD.sub(linked, head[0]), page)


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
                        source_name(here),
                        "links to pages and files of the site",
                        f"a link to {target!r}",
                        "Correct the page's template, or add the missing file.",
                    )
                )
    return problems


# What is known of entries: the columns that pages show, and the names they print


#: Entry id → column → value.
Facts = Mapping[str, Mapping[str, Any]]

_LONGEST_NAME = 60


def read_facts(
    layout: Layout, dataset: Dataset, version: str, ids: Collection[str], *, kind: str | None = None
) -> dict[str, dict[str, Any]]:
    """The facts of some entries.

    Args:
        layout: Where the tables are.
        dataset: Whose facts.
        version: Its version.
        ids: Entries.
        kind: Only facts of this kind; None for every column of the table.

    Raises:
        DataMissingError: The table is not on this machine.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from ionladder.data.store import read_table

    columns = [fact.column for fact in dataset.facts if fact.kind == kind]
    entries = read_table(layout, dataset.name, version, "entries")
    entries = entries.select(["id", *columns]) if kind else entries
    wanted = pa.array(sorted(set(ids)), type=entries["id"].type)
    rows: list[dict[str, Any]] = entries.filter(pc.is_in(entries["id"], wanted)).to_pylist()
    return {row["id"]: row for row in rows}


def formulas(layout: Layout, dataset: str, version: str, ids: Iterable[str]) -> dict[str, str]:
    """Entry → its formula as plain text; empty where the dataset names none or is not here."""
    spec = get_dataset(dataset)
    if not any(fact.kind == "formula" for fact in spec.facts):
        return {}
    try:
        facts = read_facts(layout, spec, version, list(ids), kind="formula")
    except DataMissingError:
        return {}
    return {entry: plain(name_of(spec, facts, entry), limit=_LONGEST_NAME) for entry in facts}


def name_of(dataset: Dataset, facts: Facts, entry: str) -> str:
    """The formula that names an entry on pages; its id where there is none."""
    known = facts.get(entry, {})
    columns = [fact.column for fact in dataset.facts if fact.kind == "formula"]
    return next((str(known[column]) for column in columns if known.get(column)), entry)
