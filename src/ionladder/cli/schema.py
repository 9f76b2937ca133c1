"""``ionladder schema``: the JSON Schema of a file that people write."""

from __future__ import annotations

from typing import Annotated

import typer


def schema(
    of: Annotated[str, typer.Argument(help="submission: the schema of submission.yaml.")],
) -> None:
    """Write the JSON Schema of submission.yaml, which editors complete and check it by.

    It stands in docs/assets/, and the site serves it from assets/.
    """
    from ionladder.core.errors import ConfigError
    from ionladder.core.files import write_json
    from ionladder.core.paths import find_layout
    from ionladder.core.problems import Problem, did_you_mean
    from ionladder.submissions.metadata import editor_schema
    from ionladder.submissions.template import SCHEMA_FILE

    known = ("submission",)
    if of not in known:
        raise ConfigError(
            Problem(
                where="schema",
                expected="a file that has a schema",
                found=repr(of),
                next_step=did_you_mean(of, known),
            )
        )
    write_json(find_layout().root / SCHEMA_FILE, editor_schema())
    print(SCHEMA_FILE)
