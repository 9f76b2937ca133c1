"""Units of predictions: read from headers, converted, and doubted where values betray another."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ionladder.errors import Problem
from ionladder.specs import Target, Task

Numbers = npt.NDArray[np.float64]
Form = Literal["", "log10", "ln", "-log10", "-ln", "?"]

_PREFIXES = {"": 0, "k": 3, "c": -2, "d": -1, "m": -3, "u": -6, "μ": -6, "n": -9, "p": -12}
with Path(__file__).with_name("units.csv").open(encoding="utf-8", newline="") as _stream:
    _ROWS = list(csv.DictReader(_stream))
#: Unit of an energy → eV (CODATA 2018; of a mole, divided by its number of particles).
_EV = {row["unit"]: float(row["ev"]) for row in _ROWS if row["ev"]}
#: Units written out, and how we write them, in this order.
_WORDS = [(row["written"], row["unit"]) for row in _ROWS if row["written"]]

_END = r"(?![A-Za-z0-9])(?! ?-\d)"
_CONDUCTIVITY = re.compile(
    r"(?<![\w.])(?P<prefix>[kmuμnp]?)"
    r"(?:(?P<siemens>S)|(?P<ohm>1/ ?\(?(?:ohm|Ω)|\(?(?:ohm|Ω)(?: ?-1)?)) ?"
    r"(?P<per>/|per|-)? ?(?P<length>[cdmuμn]?)m(?P<power> ?-1)?\)?(?P<outer> ?-1)?" + _END
)
_ENERGY = re.compile(
    r"(?<!\w)(?:(?P<molar>kJ|J|kcal|cal) ?(?:/ ?|per )mol|(?P<power>kJ|J|kcal|cal) ?mol -1"
    r"|(?P<plain>[mkμu]?eV|THz|m?Ha|m?Ry|cm ?-1|1/cm|K|J))" + _END,
    re.IGNORECASE,
)
_MIXED = re.compile(r"(?<![A-Za-z0-9])K(?![A-Za-z0-9])")
# A power of ten in front of a unit: no two papers mean the same by it.
_SCALED = re.compile(
    r"(?:(?<!\w)x|[×*·]) ?1[0eE^]|(?<!log)(?<!log_)10 ?(?:\^|\*\*|-|\{|[⁻⁰¹-⁹])|\d[eE]-?\d|%"
)
# What is left of a unit that is not known, and scales that no factor leads out of.
_UNKNOWN_UNIT = re.compile(
    r"(?<!\w)(?:[kmμunp]?S|cm|ohm|Ω|m?mho|[kK] ?[bB]? ?T|a ?u|arb|[mkμu]?eV|k?J|k?cal|m?Ha|m?Ry)"
    r"(?!\w)"
)
_OTHER_SCALE = re.compile(
    r"log ?(?:2|1p)(?!\d)|normali[sz]|standardi[sz]|scaled|z ?score"
    r"|(?:σ|sigma|conductivity) ?[x×]? ?T(?![\w=(])",
    re.IGNORECASE,
)
_LOG = re.compile(
    r"(?P<minus>- ?|minus ?|neg(?:ative)? ?)?"
    r"(?<![A-Za-z])(?:(?P<ten>log ?10|lg|log(?:arithm)?(?! ?e))"
    r"|(?P<e>ln|log ?e|natural ?log(?:arithm)?))(?![A-Za-z]{2})",
    re.IGNORECASE,
)


class Unit(NamedTuple):
    """A unit that was read.

    Attributes:
        name: As messages write it (``mS/cm``).
        factor: One of it in S/cm or eV.
        kind: The unit that ``factor`` counts in.
    """

    name: str
    factor: float
    kind: Literal["S/cm", "eV"]


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What a header says of its numbers.

    Attributes:
        unit: Their unit, or that of the number whose logarithm they are; None where none is read.
        form: Whether they are logarithms, and of which base and sign; ``?`` where the header states
            a scale or a unit that is not known.
    """

    unit: Unit | None
    form: Form = ""

    def __str__(self) -> str:
        name = self.unit.name if self.unit else "an unknown unit"
        if self.form == "?":
            return "an unknown scale"
        return f"{self.form}({name})" if self.form else name


def _plain(text: str) -> str:
    """A header in one spelling: no superscripts, no LaTeX, one blank between words."""
    text = unicodedata.normalize("NFKC", text).replace("\u2212", "-").replace("\u2013", "-")
    text = re.sub(r"\\(?:mathrm|text|rm|mu|Omega|cdot|,)?", " ", text.replace("\\mu", "μ"))
    for pattern, unit in _WORDS:
        text = re.sub(f"(?i)(?<![a-z]){pattern}", unit, text)
    text = re.sub(r"(?<=[A-Za-z)]) ?(?:\^|\*\*)? ?\{? ?- ?1 ?\}?(?![0-9])", " -1 ", text)
    text = re.sub(r"[·⋅∙•*_{}$^~]|(?<=[A-Za-z])\.(?=[A-Za-z])", " ", text)
    return re.sub(r"\s+", " ", text).strip()


def read_unit(text: str) -> Unit | None:
    """The unit that a text states; None where there is none, or one that is not known.

    Example:
        >>> read_unit("mS cm⁻¹").factor, read_unit("Ea [kJ/mol]").name, read_unit("S K/cm")
        (0.001, 'kJ/mol', None)
    """
    plain = _plain(text)
    if _SCALED.search(unicodedata.normalize("NFKC", text).replace("\u2212", "-")):
        return None
    if (hit := _CONDUCTIVITY.search(plain)) and _is_conductivity(hit):
        if _MIXED.search(plain[: hit.start()][-4:] + " " + plain[hit.end() :][:4]):
            return None  # σT, as Arrhenius plots have it
        steps = _PREFIXES[hit["prefix"]] * (1 if hit["siemens"] else -1)
        steps -= _PREFIXES[hit["length"]] + 2
        what = f"{hit['prefix']}{'S/' if hit['siemens'] else 'ohm '}{hit['length']}m"
        name = what.replace("u", "μ") if hit["siemens"] else f"1/({what})"
        return Unit(name, 10.0**steps, "S/cm")
    known = {name.casefold(): name for name in _EV}
    found = set()
    for hit in _ENERGY.finditer(plain):
        before, behind = plain[: hit.start()], plain[hit.end() :]
        if re.search(r"(?:S|K|ohm|Ω|mol|J|eV|cm) $", before) or re.match(r" ?(?:/|per )", behind):
            return None  # a product with another unit
        molar = hit["molar"] or hit["power"]
        written = f"{molar}/mol" if molar else hit["plain"].replace(" ", "")
        written = {"1/cm": "cm-1"}.get(written.casefold(), written.replace("u", "μ"))
        name = known[written.casefold()]
        is_symbol = written == name or name not in {"K", "J", "Ha", "Ry"}
        is_temperature = name == "K" and (
            re.search(r"\d ?$", before) or not re.match(r" ?(?:$|[])},;:|@])", behind)
        )
        if is_symbol and written != "MeV" and not is_temperature:
            found.add(name)
    if len(found) != 1:
        return None
    (name,) = found
    return Unit(name, _EV[name], "eV")


def _is_conductivity(hit: re.Match[str]) -> bool:
    """Whether the match is one over a length, and of ohms one over them too."""
    if hit["siemens"]:
        return True  # `sigma_S_cm` has no sign of the power left
    is_inverse = "1/" in hit["ohm"] or "-1" in hit["ohm"] or bool(hit["outer"])
    return is_inverse and ("(" in hit["ohm"] or bool(hit["power"] or hit["per"]))


def read_header(header: str) -> Stated:
    """What the header of a column says of its numbers.

    Example:
        >>> for header in ("Ionic conductivity (mS/cm)", "log10(sigma / S m-1)", "-log σ"):
        ...     print(read_header(header))
        mS/cm
        log10(S/m)
        -log10(an unknown unit)
    """
    plain, unit = _plain(header), read_unit(header)
    form: Form = ""
    if hit := _LOG.search(plain):
        base = "ln" if hit["e"] else "log10"
        form = f"-{base}" if hit["minus"] else base  # type: ignore[assignment]
    is_unknown = unit is None and (_UNKNOWN_UNIT.search(plain) or _SCALED.search(header))
    return Stated(unit=unit, form="?" if is_unknown or _OTHER_SCALE.search(plain) else form)


def is_linear(target: Target) -> bool:
    """Whether a target is a plain number, not the logarithm of one."""
    return not target.unit.startswith("log10(")


def linear_unit(target: Target) -> str:
    """The unit of a target, or the one whose log10 it is.

    Example:
        >>> from ionladder.data.registry import get_task
        >>> linear_unit(get_task("obelix").targets[0])
        'S/cm'
    """
    return target.unit if is_linear(target) else target.unit.removeprefix("log10(")[:-1]


def converted(values: Numbers, stated: Stated, target: Target) -> tuple[Numbers, str]:
    """Numbers in the unit of a target, and what was done to them, in words.

    Args:
        values: Shape (n,); NaN stays.
        stated: What they are; its unit is known.
        target: What they shall be, of the same kind.

    Returns:
        The numbers, −inf or NaN where a logarithm was asked of what has none; and the words, empty
        where nothing was to be done.

    Example:
        >>> from ionladder.data.registry import get_task
        >>> sigma = get_task("obelix").targets[0]
        >>> converted(np.array([0.1]), read_header("mS/cm"), sigma)
        (array([-4.]), 'log10 of 0.001 times the number')
    """
    factor = stated.unit.factor if stated.unit else 1.0
    if is_linear(target):
        done = "" if factor == 1 else f"{factor:.6g} times the number"
        return (values * factor if done else values), done
    shift = round(float(np.log10(factor)), 9)  # exact for powers of ten
    if not stated.form:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.log10(values) + shift
        return found, "log10 of " + (f"{factor:g} times " if shift else "") + "the number"
    scale = (-1.0 if stated.form.startswith("-") else 1.0) / (
        np.log(10.0) if stated.form.endswith("ln") else 1.0
    )
    if (scale, shift) == (1, 0):
        return values, ""
    done = (f"{scale:.6g} times " if scale != 1 else "") + "the number"
    return values * scale + shift, done + (f" {shift:+g}" if shift else "")


# What values say of their unit


def unit_problem(values: Numbers, target: Target, *, where: str) -> Problem | None:
    """The problem of values that cannot be in the unit of their target, all together, or None.

    The log10 of what is at most 1 in nature is not above zero in every entry; barriers in eV have
    no median above 50, and do not all lie below 0.001. Every unit that would explain the values is
    named, and with one alone what to do.

    Args:
        values: Predictions of one target, shape (n,); NaN where a cell is no number.
        target: The target.
        where: File and column, for the message.

    Example:
        >>> from ionladder.data.registry import get_task
        >>> sigma = np.array([1e-4, 3e-7])
        >>> problem = unit_problem(sigma, get_task("obelix").targets[0], where="predictions.csv")
        >>> problem.found
        'values that are all above zero, 3e-07 to 0.0001, which may be σ in S/cm'
    """
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return None
    expected = f"{target.name} in {target.unit}"
    if not is_linear(target):
        if target.physical is None or target.physical[1] > 0 or known.min() < 0 or known.max() == 0:
            return None
        causes = list(_explanations(known, target))
        span = f"{known.min():.3g} to {known.max():.3g}"
        found = f"values that are all above zero, {span}"
        step = "Find out what the numbers are, and send log10 of the conductivity."
        if causes:
            found += f", which may be {' or '.join(name for name, _ in causes[:4])}"
            step = causes[0][1] if len(causes) == 1 else _SEVERAL
        return Problem(where, expected, found, step)
    median = float(np.median(known))
    is_large = median > _LARGE_EV
    if target.unit != "eV" or not (is_large or 0 < known.max() < _SMALL_EV):
        return None
    span = f"a median of {median:.4g}, {known.min():.3g} to {known.max():.3g}"
    names = ("meV", "kJ/mol", "kcal/mol", "K", "cm-1") if is_large else ("keV", "J")
    guesses = ", ".join(f"{name} ({median * _EV[name]:.3g} eV)" for name in names)
    step = f"Convert them by what your unit needs; the median would be, if it is {guesses}."
    found = f"values too {'large' if is_large else 'small'} for eV: {span}"
    return Problem(where, expected, found, step)


# No barrier has a median of 50 eV: what moves at all does so below 20. In meV, 50 is small.
# Nor are all of them below 1 meV: at room temperature that is no barrier.
_LARGE_EV, _SMALL_EV = 50.0, 1e-3
_SEVERAL = "Find out which: `ionladder convert --log10 --unit UNIT` converts a conductivity."


def _explanations(known: Numbers, target: Target) -> Iterator[tuple[str, str]]:
    """What positive values may be that become physical when read so, the likeliest first."""
    low, high = target.physical or target.plausible

    def is_physical(values: Numbers) -> bool:
        return bool(low <= values.min() and values.max() <= high)

    logs = np.log10(known[known > 0])
    if is_physical(logs):
        unit = linear_unit(target)
        step = f"Take log10 of every value: `ionladder convert --log10 --unit {unit}` does."
        yield f"σ in {unit}", step
        return
    # Conductivities spread over decades: the reading with the wider spread is the likelier one.
    shifts = (("mS/cm", 3), ("μS/cm", 6), ("S/m", 2))
    readings = [(logs - by, f"σ in {name}", f"--log10 --unit {name}") for name, by in shifts]
    readings.append((-known, "−log10 σ", ""))
    readings += [(known - by, f"log10 of {name}", f"--unit {name}") for name, by in shifts]
    for values, name, option in sorted(readings, key=lambda item: -float(np.ptp(item[0]))):
        if is_physical(values):
            step = f"`ionladder convert {option}` converts it." if option else "Turn the signs."
            yield name, step


def n_outside(values: Numbers, target: Target) -> int:
    """Number of predictions that no material can have; 0 where nobody can say."""
    if target.physical is None:
        return 0
    low, high = target.physical
    return int(((values < low) | (values > high)).sum())


def are_too_many(outside: int, of: int) -> bool:
    """Whether so many predictions that no material can have mean another unit, sign or logarithm.

    One in twenty: of the submissions here none has more than 3 %, and a third of what ln σ or the
    logarithm of mS/cm would be lies outside where predictions spread as the labels do.
    """
    return 20 * outside > of


def n_disordered(columns: Mapping[str, Any], task: Task) -> int:
    """Number of rows whose targets are not in the order that the task states; ties are in order."""
    ordered = [np.asarray(columns[name], dtype=np.float64) for name in task.ascending]
    if len(ordered) < 2:
        return 0
    wrong = [after < before - 1e-9 for before, after in pairwise(ordered)]
    return int(np.logical_or.reduce(wrong).sum())


def doubts(columns: Mapping[str, Any], task: Task) -> list[str]:
    """What a maintainer will ask about checked predictions, one sentence each.

    Args:
        columns: Target → its predictions, shape (n_rows,).
        task: The task.
    """
    said = []
    for target in task.targets if task.predicts == "values" else ():
        values = np.asarray(columns[target.name], dtype=np.float64)
        if are_too_many(outside := n_outside(values, target), len(values)):
            low, high = target.physical or target.plausible
            said.append(
                f"{outside} of {len(values)} predictions of {target.name} lie outside {low:g} to "
                f"{high:g} {target.unit}, what a material can have: is a unit, a sign or a "
                "logarithm mixed up?"
            )
    rows = len(next(iter(columns.values()), ()))
    if 2 * (wrong := n_disordered(columns, task)) > rows:
        said.append(
            f"{wrong} of {rows} rows break {' ≤ '.join(task.ascending)}, which holds by "
            "definition: are columns exchanged?"
        )
    return [f"A maintainer will ask: {sentence}" for sentence in said]
