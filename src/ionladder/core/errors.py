"""Errors as letters: every exception of IonLadder carries problems with a next step."""

from __future__ import annotations

from collections.abc import Sequence

from ionladder.core.problems import Problem, letter


class IonLadderError(Exception):
    """Base of all errors a user may meet; the command line prints it without a traceback.

    Args:
        problems: One problem, or all problems found, in reading order; never empty.
    """

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        if not self.problems:
            msg = "an IonLadderError needs at least one problem to report"
            raise ValueError(msg)
        super().__init__(letter(self.problems))


class ConfigError(IonLadderError):
    """``params.yaml`` or the repository layout is not as expected."""


class FetchError(IonLadderError):
    """Pinned upstream bytes arrived changed, or could not be stored."""


class UnreachableError(FetchError):
    """Pinned upstream bytes could not be reached; nothing is wrong with what is here."""


class IngestError(IonLadderError):
    """Raw data failed an integrity check, or differ from the released version."""


class DataMissingError(IonLadderError):
    """A table that this step needs is not on this machine."""


class DataChangedError(IonLadderError):
    """A file on this machine differs from the hash recorded for it."""


class SubmissionError(IonLadderError):
    """A submission cannot be scored as it is."""


class HistoryError(IonLadderError):
    """The history of scores is damaged, or a published number changed without a new version."""


class MetricInputError(IonLadderError):
    """Arrays handed to a metric do not fit together."""


class BaselineError(IonLadderError):
    """A baseline cannot be run as asked."""


class SiteError(IonLadderError):
    """The website cannot be rendered or built from what is here."""
