"""Integrity checks: named, run together, excused by id only, and reported all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem
from ionladder.datasets.built import CheckResult
from ionladder.specs.dataset import Dataset

Subject = TypeVar("Subject")

_NEXT_STEP = (
    "If upstream is right, allow-list the id with its reason in the dataset's oddities.py; "
    "otherwise report it upstream and do not ingest this version."
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something a check objects to.

    Attributes:
        entry: Id of the entry it concerns; None when it concerns the whole version and can
            therefore not be allow-listed.
        place: File, row or table.
        expected: What should be there.
        found: What is there instead.
        aspect: Which part of a check with several parts objects; oddities name it after the check
            (``structures_agree.space_group``), so that one exception does not cover another.
    """

    entry: str | None
    place: str
    expected: str
    found: str
    aspect: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a check found, and what it looked at."""

    findings: list[Finding] = field(default_factory=list)
    detail: str


@dataclass(frozen=True, kw_only=True)
class Check(Generic[Subject]):
    """One integrity check.

    Attributes:
        name: Its name in manifests, oddities and letters.
        description: What it makes sure of, one sentence.
        run: Looks at the subject; never raises because of its content.
    """

    name: str
    description: str
    run: Callable[[Subject], Outcome]


def run_checks(
    dataset: Dataset,
    checks: Sequence[Check[Subject]],
    subject: Subject,
    *,
    before: Sequence[Problem] = (),
) -> list[CheckResult]:
    """Run checks in order.

    Args:
        dataset: Its oddities excuse findings by check and id.
        checks: What to run.
        subject: What to run them on.
        before: Problems already known, reported together with those found here.

    Raises:
        IngestError: Every finding that is not excused, and every problem known before.
    """
    problems = list(before)
    results = []
    for check in checks:
        outcome = check.run(subject)
        excused = [f for f in outcome.findings if _is_excused(dataset, check.name, f)]
        problems += [_problem(check.name, f) for f in outcome.findings if f not in excused]
        results.append(
            CheckResult(
                name=check.name,
                description=check.description,
                detail=outcome.detail,
                excused=frozenset(
                    (oddity_name(check.name, f.aspect), f.entry)
                    for f in excused
                    if f.entry is not None
                ),
            )
        )
    if problems:
        raise IngestError(problems)
    return results


def oddity_name(check: str, aspect: str) -> str:
    """The name under which an oddity excuses a finding.

    Example:
        >>> oddity_name("structures_agree", "space_group")
        'structures_agree.space_group'
    """
    return f"{check}.{aspect}" if aspect else check


def _is_excused(dataset: Dataset, check: str, finding: Finding) -> bool:
    return finding.entry in dataset.allowed(oddity_name(check, finding.aspect))


def _problem(check: str, finding: Finding) -> Problem:
    return Problem(
        where=f"{oddity_name(check, finding.aspect)}: {finding.place}",
        expected=finding.expected,
        found=finding.found,
        next_step=_NEXT_STEP,
    )
