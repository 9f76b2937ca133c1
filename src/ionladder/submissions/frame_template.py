"""The template of a submission of frames: ids, numbers of atoms, and how to fill in the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from ionladder.core.files import write_text
from ionladder.datasets.streamed import read_blocks
from ionladder.submissions.frame_files import ID, PREDICTIONS_FILE
from ionladder.submissions.frame_writer import write_ids
from ionladder.submissions.table import OFFSETS_FILE

_README = f"""\
# What goes into this folder

`{PREDICTIONS_FILE}` lists the test configurations. Replace it by a file with the same ids in the
same order, and these columns:

| column | type | unit |
|---|---|---|
| id | string | as listed |
| energy_ev | float64 | eV, of the whole cell |
| forces_ev_per_ang | list of float32, x y z of every atom, atoms in order | eV/Å |
| stress_ev_per_ang3 | list of six float32, xx yy zz yz xz xy; for all rows or none | eV/Å³ |

Forces may be rounded to 1e-4 eV/Å, which halves the file. Configurations stand in the frames of the
dataset, block by block:

```python
import numpy as np
import pyarrow.parquet as pq
from ionladder.submissions.frame_writer import FramePredictions

with FramePredictions("{PREDICTIONS_FILE}", has_stress=True) as file:
    for block in pq.ParquetFile(".../frames/frames_test.parquet").iter_batches(1024):
        ...  # energies (n,), one (n_atoms, 3) array of forces each, stresses (n, 6)
        file.write(block["id"].to_pylist(), energies, forces, stresses)
```

`{OFFSETS_FILE}` (optional: id, energy_ev) holds the energies that the model gives for the
configurations of `frames/frames_offset.parquet`. With it, one constant per element is fitted on
them before energies are compared, as models put the energy zero of an element in different places;
without it, energies are compared as they are. Remove this README, or write your own.
"""


def write_frame_template(folder: Path, given: Path, ids: frozenset[str]) -> str:
    """Write both files; see :func:`ionladder.submissions.frame_files.write_template`."""
    names: list[str] = []
    n_atoms: list[int] = []
    for block in read_blocks(given, (ID, "numbers")):
        lengths = np.asarray(pc.list_value_length(block["numbers"]))
        for name, length in zip(block[ID].to_pylist(), lengths.tolist(), strict=True):
            if name in ids:
                names.append(name)
                n_atoms.append(length)
    write_ids(folder / PREDICTIONS_FILE, names, n_atoms)
    write_text(folder / "README.md", _README)
    return PREDICTIONS_FILE
