"""Reading YAML that a stranger wrote: no aliases, no repeated keys, no tags, no depth, no size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ionladder.core.problems import Problem

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20

# The C parser where libyaml is there: it reads the same language about ten times as fast.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_SafeLoader):  # type: ignore[misc]
    """Safe loader that also refuses duplicate keys and keys that are not text."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"keys must be text, found {key!r}", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_mapping(
    path: Path, *, shown_as: str, missing_step: str = "Add the file."
) -> tuple[dict[str, Any], list[Problem]]:
    """Read one YAML mapping.

    Args:
        path: The file; a link is not followed.
        shown_as: Its path as the reader knows it.
        missing_step: What to do when there is no such file.

    Returns:
        The mapping and no problems, or an empty mapping and the problem found.
    """
    if path.is_symlink() or not path.is_file():
        kind = "a link" if path.is_symlink() else "no such file"
        return {}, [_problem(shown_as, "a regular file", kind, missing_step)]
    size = path.stat().st_size
    if size > MAX_BYTES:
        step = "Move long texts elsewhere and link them."
        return {}, [
            _problem(shown_as, f"at most {MAX_BYTES // 1024} kB", f"{size // 1024} kB", step)
        ]
    try:
        loaded = _load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        found = f"byte {error.start} is not"
        return {}, [_problem(shown_as, "UTF-8 text", found, "Save the file as UTF-8.")]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{shown_as}, line {mark.line + 1}" if mark else shown_as
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        return {}, [_problem(where, "valid YAML", str(reason), "Correct that line.")]
    except (RecursionError, ValueError) as error:
        return {}, [_problem(shown_as, "plain YAML", f"{error}", "Simplify the file.")]
    if not isinstance(loaded, dict):
        found = "an empty file" if loaded is None else f"a {type(loaded).__name__}"
        step = "Begin the file with a key and a colon."
        return {}, [_problem(shown_as, "a mapping of `key: value` lines", found, step)]
    return loaded, []


def _load(text: str) -> Any:
    """Parse text after making sure of what the parser itself does not bound.

    Aliases can grow without end, and each level of nesting takes a piece of the parser's stack.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_SafeLoader):
        depth += isinstance(event, yaml.events.CollectionStartEvent)
        depth -= isinstance(event, yaml.events.CollectionEndEvent)
        mark: Any = event.start_mark
        if depth > MAX_DEPTH:
            raise yaml.composer.ComposerError(
                None, None, f"more than {MAX_DEPTH} levels of nesting", mark
            )
        if isinstance(event, yaml.events.AliasEvent):
            raise yaml.composer.ComposerError(
                None, None, "aliases (*name) are not accepted here", mark
            )
    return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a safe loader made stricter


def _problem(where: str, expected: str, found: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=next_step)
