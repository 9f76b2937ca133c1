"""Compare two built sites page by page: ``python tests/golden/compare_site.py OLD_SITE NEW_SITE``.

Pages are compared as one tag or text a line, attributes sorted, entities read, white space
collapsed. Pages that differ in the same lines are shown once. Exit code 1 where anything differs.
"""

import argparse
import hashlib
import html
import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path

KINDS = {".html", ".json", ".csv", ".svg", ".xml", ".yaml", ".jsonl"}
MOST_SHOWN, MOST_LINES = 15, 40
# MkDocs' own, and what follows from the pages.
NOT_OURS = ("assets/javascripts/*", "assets/stylesheets/*", "assets/images/*", "search/*")
_TOKEN = re.compile(
    r"(<!--.*?-->|<(script|style)\b.*?</\2\s*>|<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>)", re.DOTALL
)
_ATTRIBUTE = re.compile(r"([^\s=\"'/>]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")
_LASTMOD = re.compile(r"<lastmod>.*?</lastmod>")


def pages(site: Path) -> dict[str, Path]:
    """Every page and data file of a site that is ours, by its path below the site."""
    found = {str(p.relative_to(site)): p for p in site.rglob("*") if p.suffix in KINDS}
    others = {name for name in found if any(fnmatch(name, pattern) for pattern in NOT_OURS)}
    return {name: found[name] for name in sorted(found.keys() - others)}


def normalised(path: Path) -> list[str]:
    """The lines that are compared."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in {".html", ".svg", ".xml"}:
        return list(_markup(_LASTMOD.sub("", text)))
    if path.suffix == ".json":
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False).splitlines()
    return [" ".join(line.split()) for line in text.splitlines()]


def digest(path: Path) -> str:
    """SHA-256 of those lines, shortened to 16 digits."""
    return hashlib.sha256("\n".join(normalised(path)).encode()).hexdigest()[:16]


def _markup(text: str) -> Iterator[str]:
    place = 0
    for match in _TOKEN.finditer(text):
        yield from _text(text[place : match.start()])
        place = match.end()
        token = match.group()
        if match.group(2):
            yield " ".join(token.split())
        elif not token.startswith("<!--"):
            yield _tag(token)
    yield from _text(text[place:])


def _text(text: str) -> Iterator[str]:
    if words := " ".join(html.unescape(text).split()):
        yield words


@lru_cache(maxsize=200_000)
def _tag(token: str) -> str:
    if token.startswith(("</", "<!", "<?")):
        return " ".join(token.split()).replace(" >", ">").lower()
    name, *rest = token[1:-1].rstrip("/").split(None, 1)
    found = _ATTRIBUTE.findall(rest[0]) if rest else []
    shown = sorted(
        f'{key.lower()}="{" ".join(html.unescape(value.strip(chr(34) + chr(39))).split())}"'
        for key, value in found
    )
    return f"<{' '.join([name.lower(), *shown])}>"


def differences(old: Path, new: Path, only: str) -> tuple[dict[str, list[str]], list[str]]:
    """Lines of difference → pages that differ so; and pages that one of the two lacks."""
    before, after = pages(old), pages(new)
    alone = [f"only in OLD: {name}" for name in before.keys() - after.keys()]
    alone += [f"only in NEW: {name}" for name in after.keys() - before.keys()]
    with tempfile.TemporaryDirectory() as folder:
        for name in before.keys() & after.keys():
            if not fnmatch(name, only) or before[name].read_bytes() == after[name].read_bytes():
                continue
            first, second = normalised(before[name]), normalised(after[name])
            if first != second:
                for side, lines in (("a", first), ("b", second)):
                    place = Path(folder, side, name)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
        for side in "ab":
            Path(folder, side).mkdir(exist_ok=True)
        command = ["git", "diff", "--no-index", "--no-color", "--no-ext-diff", "--unified=2"]
        done = subprocess.run([*command, "a", "b"], cwd=folder, capture_output=True, check=False)
    groups: dict[str, list[str]] = defaultdict(list)
    for part in re.split(r"^diff --git ", done.stdout.decode(), flags=re.MULTILINE)[1:]:
        name = re.search(r"^\+\+\+ b/b/(.*?)\t?$|^\+\+\+ b/(.*?)\t?$", part, flags=re.MULTILINE)
        body = part[part.index("\n@@") + 1 :]
        page = (name.group(1) or name.group(2)) if name else part.splitlines()[0]
        groups[re.sub(r"^@@.*$", "@@", body, flags=re.MULTILINE)].append(page)
    return groups, sorted(n for n in alone if fnmatch(n.split(": ", 1)[1], only))


def main() -> int:
    """Print what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path, metavar="OLD_SITE")
    parser.add_argument("new", type=Path, metavar="NEW_SITE")
    parser.add_argument("--only", default="*", help="pages to compare, such as 'obelix/*'")
    asked = parser.parse_args()
    groups, alone = differences(asked.old, asked.new, asked.only)
    said = alone[: 2 * MOST_SHOWN]
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[1]))
    for body, names in ordered[:MOST_SHOWN]:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        said.append(f"=== {', '.join(names[:3])}{more}")
        lines = body.splitlines()
        said += [line[:160] for line in lines[:MOST_LINES]]
        if len(lines) > MOST_LINES:
            said.append(f"… {len(lines) - MOST_LINES} more lines")
    n_pages = sum(map(len, groups.values()))
    said.append(f"{n_pages} pages differ in {len(groups)} ways; {len(alone)} in one site only.")
    sys.stdout.write("\n".join(said) + "\n")
    return int(bool(groups or alone))


if __name__ == "__main__":
    sys.exit(main())
