"""What the card of a network says that learnt barriers first; imports no numerical library."""

from __future__ import annotations

from dataclasses import replace

from ionladder.specs import Baseline

DATASET = "bvel_proto"
TASK = "bvel-proto"
VERSION = "1.1.0"
EPOCHS = "pretraining_epochs"
N_OFFERED = 686
N_USED = 673


def after_barriers(scratch: Baseline, *, reported: str) -> Baseline:
    """The spec of the same network, fine-tuned from weights that predict barriers.

    Args:
        scratch: The network trained from scratch, under its new name.
        reported: What the paper's own pretrained network differs in, in a sentence.
    """
    return replace(
        scratch,
        model=f"{scratch.model}, pretrained on barriers",
        description=f"{scratch.description} Each begins with weights that predict percolation "
        "barriers of Li in synthetic, ordered structures (BVEL-proto, computed here from bond "
        "valences): all but the readout are taken over, and all are trained further.",
        training_data=f"{scratch.training_data}; before that, {N_USED} structures of the train "
        f"split of BVEL-proto {VERSION} with three barriers each",
        hyperparameters={
            **scratch.hyperparameters,
            "pretraining_dataset": f"{DATASET} {VERSION}",
            "pretraining_split": "train part of the split chemsys",
            "pretraining_targets": ["e_1d_ev", "e_2d_ev", "e_3d_ev"],
            EPOCHS: scratch.hyperparameters["epochs"],
        },
        uses_external_data=True,
        notes=f"{reported} Pretraining has the same network, optimiser, learning rate, batches, "
        "loss and number of epochs as training, with a readout of three numbers: natural "
        "logarithms of the barriers in eV, clipped at 6 eV, where a missing one (nothing "
        "percolates below 20 eV) counts as 6 eV. Its epoch is the one that predicts best a tenth "
        f"of the chemical systems, held out by seed. Of {N_OFFERED} structures "
        f"{N_OFFERED - N_USED} were left out because an OBELiX test entry has their composition; "
        "held-out labels of BVEL-proto were not read. The new readout, the entries that choose the "
        "epoch and the order of crystals are those of the training from scratch with the same "
        "seed. Pretraining has neither vacancies (in 170 of the 254 training and 40 of the 67 test "
        "crystals) nor 14 elements (Ba, C, Ca, Ce, Cu, Ge, H, Mg, Nd, Pb, Pr, Si, Sm, Zn; in 100 "
        f"and 19): their vectors begin as drawn, but for weight decay. {scratch.notes}",
    )
