"""Parquet files of paths and frames that unpack to far more than they say: refused."""

import paths_submission as paths
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import test_frame_scoring as frames

from hostile.bombs import restate
from ionladder.errors import SubmissionError
from ionladder.score_arrays import frame_reader as reader

MANY = 2_000_000
LISTS = {"paths": "positions_ang", "frames": "forces_ev_per_ang"}


def _written(path, table, **options):
    pq.write_table(table, path, compression="zstd", write_statistics=False, **options)
    return pq.read_metadata(path).row_group(0)


def _restated(path, group):
    """Sizes that lie."""
    columns = [group.column(place) for place in range(group.num_columns)]
    sizes = {group.total_byte_size, max(column.total_uncompressed_size for column in columns)}
    for number in sizes:
        restate(path, number, 1000)


def long_lists(path, name):
    """The list of the first row has two million zeros."""
    table = pq.read_table(path)
    at, kind = table.column_names.index(name), table.schema.field(name).type
    first = pa.array([pa.repeat(pa.scalar(0.0, kind.value_type), MANY)], kind)
    column = pa.chunked_array([first, table[name].combine_chunks().slice(1).cast(kind)])
    table = table.set_column(at, name, column).combine_chunks()
    _restated(path, _written(path, table, use_dictionary=False))


def repeated_text(path, _):
    """A text of 900 kB that every id means, stored once; no number lies."""
    table = pq.read_table(path)
    many = pa.concat_tables([table] * 2).combine_chunks() if len(table) < 15 else table
    ids = pa.DictionaryArray.from_arrays(pa.repeat(0, len(many)), pa.array(["x" * 900_000]))
    many = many.set_column(many.column_names.index("id"), "id", ids.cast(pa.string()))
    _written(path, many, use_dictionary=["id"], dictionary_pagesize_limit=10**7)


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("make", [long_lists, repeated_text])
def test_files_that_unpack_to_more_are_refused(make, kind, paths_scorer, tmp_path):
    folder = paths.write(tmp_path / "sent", paths.good_rows())
    frames.write_predictions(tmp_path)
    truth = frames.write_truth(tmp_path, block=4)
    read = reader(frames.labels(truth), frames.TASK)
    make((folder if kind == "paths" else tmp_path) / "predictions.parquet", LISTS[kind])
    if kind == "paths":
        with pytest.raises(SubmissionError) as caught:
            paths_scorer.score(folder)
        assert len(caught.value.problems) == 1
    else:
        table, problems = read(tmp_path, "sent")
        assert (table, len(problems)) == (None, 1)
