"""The potentials that ``ionladder umlip-neb`` runs, each as a maker of ASE calculators."""

from __future__ import annotations

from contextlib import redirect_stdout
from importlib.metadata import version
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any, Literal

from ionladder.baselines.extras import problem_of_missing
from ionladder.baselines.umlip.neb import NewCalculator
from ionladder.errors import BaselineError, Problem
from ionladder.repo import sha256_bytes

PotentialName = Literal["chgnet", "sevennet-0", "mace"]
_PACKAGES = {"chgnet": "chgnet", "sevennet-0": "sevenn", "mace": "mace"}
_CHGNET_WEIGHTS, _SEVENNET_WEIGHTS = "0.3.0", "7net-0"


def potential_of(name: PotentialName, weights: Path | None) -> tuple[NewCalculator, str]:
    """What makes a potential's calculators, and a line that says which potential it is.

    All calculators of one potential share its weights in memory, and nothing else.

    Args:
        name: Which potential.
        weights: File of weights; needed for MACE, whose package has none, refused for the others.

    Raises:
        BaselineError: A package or the weights are not here.
    """
    _require(name, weights)
    import torch

    torch.set_num_threads(1)
    if name == "chgnet":
        return _chgnet()
    if name == "sevennet-0":
        return _sevennet()
    return _mace(weights or Path())


def _chgnet() -> tuple[NewCalculator, str]:
    from chgnet.model import CHGNet
    from chgnet.model.dynamics import CHGNetCalculator

    with redirect_stdout(StringIO()):  # it prints where it runs
        model = CHGNet.load(model_name=_CHGNET_WEIGHTS, use_device="cpu", verbose=False)

    def new() -> Any:
        with redirect_stdout(StringIO()):
            return CHGNetCalculator(model=model, use_device="cpu", on_isolated_atoms="ignore")

    return new, f"chgnet {version('chgnet')}, weights {_CHGNET_WEIGHTS}"


def _sevennet() -> tuple[NewCalculator, str]:
    from sevenn.calculator import SevenNetCalculator

    model = SevenNetCalculator(_SEVENNET_WEIGHTS, device="cpu").model

    def new() -> Any:
        return SevenNetCalculator(model, file_type="model_instance", device="cpu")

    return new, f"sevenn {version('sevenn')}, weights {_SEVENNET_WEIGHTS}"


def _mace(weights: Path) -> tuple[NewCalculator, str]:
    from mace.calculators import MACECalculator

    def new() -> Any:
        return MACECalculator(model_paths=str(weights), device="cpu", default_dtype="float64")

    digest = sha256_bytes(weights.read_bytes())[:12]
    return new, f"mace-torch {version('mace-torch')}, weights {weights.name} {digest}"


def _require(name: PotentialName, weights: Path | None) -> None:
    where = f"ionladder umlip-neb --model {name}"
    problems = []
    missing = tuple(m for m in ("ase", "torch", _PACKAGES[name]) if find_spec(m) is None)
    if missing:
        problems.append(problem_of_missing(where, "umlip", missing))
    if name == "mace" and (weights is None or not weights.is_file()):
        problems.append(
            Problem(
                where=f"{where} --weights",
                expected="a file of MACE's weights, such as MACE-MP-0's; its package has none",
                found="none" if weights is None else f"no file {weights}",
                next_step="Download the model its authors publish, and name the file.",
            )
        )
    if name != "mace" and weights is not None:
        problems.append(
            Problem(
                where=f"{where} --weights",
                expected="no such option: the weights come inside the package",
                found=str(weights),
                next_step="Leave the option out.",
            )
        )
    if problems:
        raise BaselineError(problems)
