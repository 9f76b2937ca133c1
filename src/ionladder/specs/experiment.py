"""An experiment: submissions of one task made to be compared, and what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from ionladder.specs.slice import Slice


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """One difference that is asked for: a submission minus another, on the same entries.

    Attributes:
        submissions: Whoever may stand on the first side. Of several, the one that scores best is
            compared, which flatters it: pages say so.
        other: The second side.
        title: What sets the contrast apart from others of its clause, a phrase that may follow the
            difference in a sentence (``for CGCNN``, ``against the median``); empty where it is
            alone.
    """

    submissions: tuple[str, ...]
    other: str
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One thing that is done to a model, and the contrasts that show what it changes.

    Attributes:
        act: What is done, a phrase that ``changes the error`` may follow, in lower case
            (``weighing species by occupancy``).
        contrasts: First side: with it; second side: without. Those whose rows are not on the
            board are passed over.
    """

    act: str
    contrasts: tuple[Contrast, ...]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, answered by one sentence of one clause or more."""

    name: str
    title: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, kw_only=True)
class Family:
    """One model in several arms that differ in one choice.

    Attributes:
        title: The model (``CGCNN``).
        arms: (Name of the arm, submission) in the order in which arms are compared.
    """

    title: str
    arms: tuple[tuple[str, str], ...]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Submissions of every two arms, the later arm first."""
        return tuple((second, first) for (_, first), (_, second) in combinations(self.arms, 2))


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Submissions that were made to be compared, with a page of their own below their board.

    Attributes:
        name: Last part of the page's address (``3d-models``).
        title: As navigation and links print it.
        heading: Title of the page.
        summary: One sentence: what was done.
        questions: What is asked, in the order of the page.
        subjects: What the experiment is about, by submission; they are counted and paired with
            each other.
        subject_word: One of them, a noun whose plural adds an s (``graph network``).
        beside: Submissions drawn and listed beside them, for scale.
        families: Models with several arms.
        arm_word: What arms differ in (``partial occupancy``).
        parts: Parts of the test set on which arms are compared too. A column is one of the task's
            slices, or one that the dataset's ``experiment_parts`` module derives.
        reported: Models, as the task's reported rows name them, whose printed scores stand beside
            ours.
        caveats: What the numbers must not be taken for, a few sentences each; ``{submission}``
            stands for the present score of that submission.
    """

    name: str
    title: str
    heading: str
    summary: str
    questions: tuple[Question, ...]
    subjects: tuple[str, ...]
    subject_word: str
    beside: tuple[str, ...] = ()
    families: tuple[Family, ...] = ()
    arm_word: str = "arm"
    parts: tuple[Slice, ...] = ()
    reported: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for part in self.parts:
            if not part.values:
                msg = f"experiment {self.name!r}: name the parts of {part.name!r} that are compared"
                raise ValueError(msg)

    @property
    def contrasts(self) -> Iterator[Contrast]:
        """Every contrast of every question, in order."""
        for question in self.questions:
            for clause in question.clauses:
                yield from clause.contrasts

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every two submissions whose difference may be shown, each once."""
        asked = [(name, c.other) for c in self.contrasts for name in c.submissions]
        return tuple(dict.fromkeys([*asked, *self.arm_pairs]))

    @property
    def arm_pairs(self) -> tuple[tuple[str, str], ...]:
        """Every two arms of a family, each pair once."""
        return tuple(dict.fromkeys(pair for family in self.families for pair in family.pairs))

    @property
    def submissions(self) -> tuple[str, ...]:
        """Every submission that the experiment names, each once: subjects first."""
        paired = [name for pair in self.pairs for name in pair]
        return tuple(dict.fromkeys([*self.subjects, *paired, *self.beside]))
