"""The BVEL-proto leaderboard: three percolation barriers of structures of unseen chemistry."""

from __future__ import annotations

from ionladder.specs.slice import NEAREST_NOTE, Slice
from ionladder.specs.task import (
    MEAN_OF_TARGETS,
    CrossValidation,
    LabelWords,
    MetricUse,
    Primary,
    Subset,
    Target,
    Task,
)

# Above 6 eV no ion moves, and the size of the number says nothing more; the 4 % of E_3D that lie
# there, up to 19 eV, would otherwise rule the mean.
CLIP_EV = 6.0
FAST_EV = 0.5
# A barrier is counted from the cell's minimum, so it is never negative; what does not percolate
# below 20 eV has no label.
PHYSICAL_EV = (0.0, 20.0)

_DIMENSIONS = (
    ("1d", "1D", "one dimension"),
    ("2d", "2D", "two dimensions"),
    ("3d", "3D", "three dimensions"),
)

_SLICES = (
    Slice(name="family", title="Class of the structure type", column="family"),
    Slice(
        name="anions",
        title="Anion chemistry",
        column="anions",
        values=(
            ("oxide", "oxides"),
            ("fluoride", "fluorides"),
            ("chalcogenide", "chalcogenides"),
            ("halide", "heavier halides"),
            ("nitride", "nitrides"),
            ("mixed", "mixed anions"),
        ),
    ),
    Slice(
        name="dimensionality",
        title="Dimensions of easy percolation",
        column="dimensionality",
        values=(
            *((key, f"{key[0]}D") for key, _, _ in _DIMENSIONS),
            ("none", "nothing percolates"),
        ),
        note="Chosen by the labels themselves.",
    ),
    Slice(
        name="li_sites",
        title="Li sites in the cell",
        column="li_sites",
        values=tuple((name, name) for name in ("1", "2 to 3", "4 to 7", "8 or more")),
    ),
    Slice(
        name="known_prototype",
        title="Structure type in the training set",
        column="known_prototype",
        values=(("yes", "known type"), ("no", "unknown type")),
    ),
    Slice(
        name="train_distance",
        title="Distance to the nearest training composition",
        column="train_distance",
        note=NEAREST_NOTE,
    ),
)

BVEL_PROTO = Task(
    name="bvel-proto",
    title="BVEL-proto: Li percolation barriers",
    question=(
        "How well does a model predict the bond-valence barriers of Li percolation in one, two and "
        "three dimensions, for structures of chemical systems it has not seen?"
    ),
    dataset="bvel_proto",
    split="chemsys",
    targets=tuple(
        Target(
            name=f"e_{key}_ev",
            symbol=f"E_{printed}",
            unit="eV",
            error_unit="eV",
            description=(
                f"Smallest bond-valence site energy, above the cell's minimum, that opens Li "
                f"percolation in {number} (BVlain)."
            ),
            plausible=(-5.0, 100.0),
            physical=PHYSICAL_EV,
            missing_note=(
                "Without a number: nothing percolates below 20 eV. The clipped MAE takes such an "
                "entry at 6 eV; other measures leave it out."
            ),
        )
        for key, printed, number in _DIMENSIONS
    ),
    metrics=(
        MetricUse(
            name="mae_clipped",
            metric="mae_clipped",
            title="MAE, clipped at 6 eV",
            options={"clip": CLIP_EV},
        ),
        MetricUse(name="mae", metric="mae", title="MAE"),
        MetricUse(name="rmse", metric="rmse", title="RMSE"),
        MetricUse(name="r2", metric="r2", title="R²"),
        MetricUse(name="spearman", metric="spearman", title="Spearman ρ"),
        MetricUse(name="mae_log1p", metric="mae_log1p", title="MAE of ln(1 + E)"),
        MetricUse(
            name="f1_fast",
            metric="f1_below",
            title="F1, E < 0.5 eV",
            options={"threshold": FAST_EV},
        ),
    ),
    subsets=(
        Subset(name="all", title="all test entries"),
        *(
            Subset(name=name, title=title, column="anion_class", equals=name)
            for name, title in (
                ("oxide", "oxides"),
                ("fluoride", "fluorides"),
                ("chalcogenide", "chalcogenides"),
                ("halide", "heavier halides"),
                ("nitride", "nitrides"),
            )
        ),
        *(
            Subset(
                name=f"conducts_{key}",
                title=f"conduct in {key[0]}D",
                column="dimensionality",
                equals=key,
            )
            for key, _, _ in _DIMENSIONS
        ),
    ),
    primary=Primary(target=MEAN_OF_TARGETS, metric="mae_clipped", subset="all"),
    group_column="component",
    cross_validation=(
        CrossValidation(
            scheme="chemsys",
            title="grouped by chemical system",
            is_primary=True,
            note="No chemical system is in two folds, as in the primary split.",
            rung=2,
        ),
        CrossValidation(
            scheme="prototype",
            title="grouped by structure type",
            is_primary=False,
            note="No structure type is in two folds: the hardest step of the ladder.",
            rung=3,
        ),
        CrossValidation(
            scheme="random",
            title="shuffled rows",
            is_primary=False,
            note="Neighbours in type and chemistry fall into several folds; it may be optimistic.",
            rung=1,
        ),
    ),
    references=("train-mean", "train-median", "family-median"),
    slices=_SLICES,
    baseline_reference="train-median",
    label_words=LabelWords(adjective="computed", one="label", subject="structure"),
    floor_note=(
        "A label depends a little on choices that mean nothing: where the grid begins, how fine it "
        "is, which cell of the same crystal is taken. A sample of structures was labelled again "
        "under such choices. How far those labels lie apart bounds what a model can be expected to "
        "agree with."
    ),
)

TASKS = (BVEL_PROTO,)
