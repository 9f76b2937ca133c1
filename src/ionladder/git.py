"""What git knows of this repository, read with libgit2: nothing is checked out, run or changed.

Replaced objects do not count, nothing missing is fetched, and no lock is taken. As git does,
libgit2 refuses a repository that belongs to another user and is not a ``safe.directory``.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ionladder.errors import PullRequestError, worded

if TYPE_CHECKING:
    import pygit2
else:

    class _Libgit2:
        """pygit2, imported when git is first asked for: readers of a wheel may have none."""

        def __getattr__(self, name: str) -> object:
            import pygit2 as library

            # Clones that lack some blobs say so in an extension; libgit2 would not open them.
            library.option(library.enums.Option.SET_EXTENSIONS, ["partialclone"], 1)
            self.__dict__.update(vars(library))
            return getattr(library, name)

    pygit2 = _Libgit2()

_Entry: TypeAlias = "pygit2.Object | None"

UPSTREAM = "origin/main"
#: Entries of trees that a comparison looks at; a tree can name itself more often than that.
MAX_ENTRIES = 200_000
_MAX_PATH = 4096
#: Mode of a plain file that is not executable.
REGULAR = "100644"
ABSENT = "000000"
#: Mode of a folder: a change only where the folder is empty, for else its files are.
FOLDER = "040000"
#: Mode of a folder of which nobody looks at more: it has too many entries, or is too deep.
ENDLESS = "endless"


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """One path that differs between two commits, or between nothing and a commit.

    A rename is a removed path and an added one.

    Attributes:
        path: Path from the root; bytes that are not UTF-8 as surrogates.
        old_mode: Mode before: ``100644`` for a regular file, ``120000`` a link, ``160000`` a
            submodule, ``000000`` where there was none.
        new_mode: Mode after, likewise.
        object_id: Object after; None where there is none.
        size: Bytes after; None where there is no file of that kind here.
    """

    path: str
    old_mode: str
    new_mode: str
    object_id: str | None = None
    size: int | None = None


def find_commit(root: Path, revision: str) -> str | None:
    """The commit that a branch, a tag or an abbreviated hash names; None when it is not here."""
    if find_spec("pygit2") is None:
        return None
    try:
        return _commit_id(pygit2.Repository(root), revision)
    except pygit2.GitError:
        return None


def head_commit(root: Path) -> str | None:
    """The commit that is checked out, 40 digits; None outside git or before the first commit."""
    return find_commit(root, "HEAD")


def resolve_commit(root: Path, revision: str) -> str:
    """The full id of a commit.

    Raises:
        PullRequestError: There is no such commit here.
    """
    try:
        found, reason = _commit_id(pygit2.Repository(root), revision), "no such commit"
    except pygit2.GitError as error:
        found, reason = None, f"not a git repository that can be read ({error})"
    if found is not None:
        return found
    raise PullRequestError(worded("no-commit", str(root), revision=revision, reason=reason))


def base_commit(root: Path, folder: str, *, wanted: str | None = None) -> str | None:
    """The commit that the files of a folder are to be compared with.

    On a branch it is where the branch left ``origin/main``, or the wanted commit. On main itself,
    or without such a remote, it is the commit checked out while there are edits, and otherwise its
    first parent: a commit compared with itself would say nothing.

    Args:
        root: Root of the repository.
        folder: Folder whose uncommitted edits count, relative to the root.
        wanted: Branch, tag or hash to compare with; what it gained since the branch left it does
            not count.

    Returns:
        A commit, or None where git has none to offer (no git, a shallow clone, a first commit).
    """
    head = head_commit(root)
    if head is None:
        return None
    repo = pygit2.Repository(root)
    named = _commit_id(repo, wanted or UPSTREAM)
    shared = repo.merge_base(head, named) if named else None
    if wanted is not None:
        return str(shared or named) if named else None
    if shared is not None and str(shared) != head:
        return str(shared)
    return head if is_edited(root, f"{folder}/") else _commit_id(repo, "HEAD^")


def is_edited(root: Path, *paths: str) -> bool:
    """Whether anything that begins with one of some paths is not as the last commit has it."""
    return any(path.startswith(paths) for path in pygit2.Repository(root).status())


def merge_bases(root: Path, base: str, head: str) -> list[str]:
    """Every best common ancestor of two commits; empty when their histories are unrelated."""
    repo = pygit2.Repository(root)
    one, other = ({commit.id: commit for commit in repo.walk(end)} for end in (base, head))
    common = {key: commit for key, commit in one.items() if key in other}
    parents = {parent for commit in common.values() for parent in commit.parent_ids}
    return sorted(str(key) for key in common if key not in parents)


def commit_times(root: Path, commits: Iterable[str]) -> dict[str, datetime]:
    """Commit → when it was committed, in UTC.

    Only commits that HEAD descends from: what else lies about in a clone (of other branches, or
    left behind by a rebase) is nobody else's, and pages must not depend on it.
    """
    wanted, head = set(commits), head_commit(root)
    if not wanted or head is None:
        return {}
    return {
        str(commit.id): datetime.fromtimestamp(commit.commit_time, tz=UTC)
        for commit in pygit2.Repository(root).walk(head)
        if str(commit.id) in wanted
    }


def list_files(root: Path, commit: str, folder: str) -> list[FileChange]:
    """Files of a commit below a folder, in the order of their paths; empty when it has none."""
    repo = pygit2.Repository(root)
    try:
        found = repo[commit].peel(pygit2.Commit).tree / folder
    except (KeyError, ValueError, pygit2.GitError):
        return []
    is_folder = isinstance(found, pygit2.Tree)
    files = _changes(repo, None, found, os.fsencode(f"{folder}/")) if is_folder else []
    if any(file.new_mode == ENDLESS for file in files):
        raise _unreadable(root, f"{folder} of {commit[:12]}", f"more than {MAX_ENTRIES:,} paths")
    return files


def files_at(root: Path, commit: str, folder: str) -> dict[str, bytes]:
    """Path from the root → bytes of every file that a commit has below a folder, and that is here.

    A clone may lack some files; links count as files that hold where they lead.
    """
    repo, files = pygit2.Repository(root), list_files(root, commit, folder)
    found = ((file.path, repo.get(file.object_id)) for file in files if file.object_id)
    return {path: blob.data for path, blob in found if isinstance(blob, pygit2.Blob)}


def file_at(root: Path, commit: str, path: str) -> bytes | None:
    """The bytes of one file as a commit has it; None where it has none, or they are not here."""
    repo = pygit2.Repository(root)
    try:
        blob = repo[commit].peel(pygit2.Commit).tree[path]
    except (KeyError, pygit2.GitError):
        return None
    return blob.data if isinstance(blob, pygit2.Blob) else None


def read_objects(root: Path, object_ids: Iterable[str]) -> dict[str, bytes]:
    """Object → its bytes, unfiltered. The caller has made sure that they are small.

    Raises:
        PullRequestError: One of them is not here, or no file.
    """
    repo = pygit2.Repository(root)
    contents = {}
    for name in object_ids:
        blob = repo.get(name)
        if not isinstance(blob, pygit2.Blob):
            raise _unreadable(root, f"object {name}", "none, or no file")
        contents[name] = blob.data
    return contents


def changes_between(
    root: Path, before: str, after: str, *, most: int = MAX_ENTRIES
) -> list[FileChange]:
    """Every path that differs between two commits, in the order of paths.

    A damaged tree may hold a name twice: then all of them are changes. A folder without files,
    which git itself never writes, is a change of mode :data:`FOLDER`; one with more below it than
    is looked at is a change of mode :data:`ENDLESS`, and nothing is looked for after it.

    Args:
        root: The repository.
        before: The former commit.
        after: The later one.
        most: Changes after which nobody looks for more; there are never many more in the answer.

    Raises:
        PullRequestError: A tree is missing or damaged.
    """
    repo = pygit2.Repository(root)
    try:
        trees = [repo[commit].peel(pygit2.Commit).tree for commit in (before, after)]
        return _changes(repo, trees[0], trees[1], most=most)
    except (KeyError, ValueError, pygit2.GitError) as error:
        raise _unreadable(root, f"commits {before[:12]} and {after[:12]}", str(error)) from error


def not_at(root: Path, commit: str, changes: Sequence[FileChange]) -> list[FileChange]:
    """Those of some changes whose outcome a commit does not have already, byte for byte."""
    tree = pygit2.Repository(root)[commit].peel(pygit2.Commit).tree
    times = Counter(change.path for change in changes)

    def is_there(change: FileChange) -> bool:
        try:
            entry: _Entry = tree[os.fsencode(change.path).decode()]
        except (KeyError, ValueError):
            entry = None
        mode = ABSENT if entry is None else f"{entry.filemode:06o}"
        found = None if entry is None else str(entry.id)
        return (mode, found) == (change.new_mode, change.object_id)

    return [change for change in changes if times[change.path] > 1 or not is_there(change)]


def overwritten(root: Path, folder: str, published: str) -> list[tuple[str, str]]:
    """Folders that one merge brought and a later one changed without having known them.

    Looks at the commits of this branch after the last one that changed ``published``. A merge
    whose branch knew the folder was a change of it on purpose. What a commit of one parent changed
    (a squashed or rebased pull request, or simply the next edit) counts on ``main`` only.

    Args:
        root: The repository.
        folder: Folder with ``<group>/<name>`` below.
        published: Folder that a publication writes.

    Returns:
        ``<group>/<name>`` and the commit, latest first; none outside git.
    """
    if (head := head_commit(root)) is None:
        return []
    repo = pygit2.Repository(root)
    is_main = not repo.head_is_detached and repo.head.shorthand == "main"
    commit, found = repo[head].peel(pygit2.Commit), []
    while commit.parent_ids and commit.parent_ids[0] in repo:
        parent = repo[commit.parent_ids[0]].peel(pygit2.Commit)
        if _at(commit, published) != _at(parent, published):
            break
        before, after = _folders_of(parent, folder), _folders_of(commit, folder)
        changed = [name for name in before if before[name] != after.get(name)]
        if changed and len(commit.parent_ids) > 1:
            base = repo.merge_base(*commit.parent_ids[:2])
            known = _folders_of(repo[base].peel(pygit2.Commit), folder) if base else {}
            changed = [name for name in changed if name not in known]
        elif not is_main:
            changed = []
        found += [(name, str(commit.id)) for name in changed]
        commit = parent
    return found


def commit_folder(
    root: Path, branch: str, folder: str, files: Mapping[str, bytes], message: str
) -> str:
    """Commit what a folder is to hold on a branch of its own; checkout and index stay as they are.

    Args:
        root: The repository.
        branch: Made from ``origin/main``, else ``main``, else HEAD; lengthened where it exists.
        folder: Path from the root; what it holds now goes.
        files: Name in the folder → content; empty to remove the folder.
        message: Of the commit.

    Returns:
        The commit; that of the branch as it is where it holds these files already.

    Raises:
        PullRequestError: Nothing would change, nobody is named who commits, or it is checked out.
    """
    where, reference = f"branch {branch}", f"refs/heads/{branch}"
    try:
        repo = pygit2.Repository(root)
        if not repo.head_is_unborn and repo.head.name == reference:
            raise PullRequestError(worded("commit-here", where))
        own = _commit_id(repo, reference)
        base = next(filter(None, (_commit_id(repo, n) for n in (UPSTREAM, "main", "HEAD"))), None)
        if (tip := own or base) is None:
            raise PullRequestError(worded("no-history", where))
        tree, index = repo[tip].peel(pygit2.Commit).tree, pygit2.Index()
        index.read_tree(tree)
        for path in [entry.path for entry in index if entry.path.startswith(f"{folder}/")]:
            index.remove(path)
        for name, data in files.items():
            blob = repo.create_blob(data)
            index.add(pygit2.IndexEntry(f"{folder}/{name}", blob, pygit2.enums.FileMode.BLOB))
        fresh = index.write_tree(repo)
        if fresh == tree.id and own and own != base:
            return own
        if fresh == tree.id:
            raise PullRequestError(worded("nothing-to-commit", where, folder=folder))
        signature = repo.default_signature
        return str(repo.create_commit(reference, signature, signature, message, fresh, [tip]))
    except (KeyError, pygit2.GitError) as error:
        raise PullRequestError(worded("git-cannot-commit", where, error=error)) from error


def remote_page(root: Path) -> str | None:
    """Web address of the repository that ``origin`` names; None without one."""
    try:
        url = pygit2.Repository(root).remotes["origin"].url or ""
    except (KeyError, pygit2.GitError):
        return None
    found = _REMOTE.fullmatch(url)
    return f"https://{found[1]}/{found[2]}" if found else None


#: Host and path of a remote, in any of git's ways to write it.
_REMOTE = re.compile(r"(?:\w+://)?(?:[^@/]*@)?(\w[^/:]*\.[^/:]*)(?::\d+)?[:/]+(.*?)(\.git)?/?")


def _at(commit: pygit2.Commit, path: str) -> pygit2.Oid | None:
    try:
        return commit.tree[path].id
    except KeyError:
        return None


def _folders_of(commit: pygit2.Commit, folder: str) -> dict[str, pygit2.Oid]:
    """``<group>/<name>`` → its tree."""
    try:
        groups = commit.tree[folder].peel(pygit2.Tree)
    except (KeyError, ValueError, pygit2.GitError):
        return {}
    trees = [group for group in groups if isinstance(group, pygit2.Tree)]
    return {f"{group.name}/{entry.name}": entry.id for group in trees for entry in group}


def _commit_id(repo: pygit2.Repository, revision: str) -> str | None:
    try:
        return str(repo.revparse_single(revision).peel(pygit2.Commit).id)
    except (KeyError, ValueError, pygit2.GitError):
        return None


def _name(entry: pygit2.Object) -> bytes:
    return entry.raw_name or b""


def _changes(
    repo: pygit2.Repository,
    before: _Entry,
    after: _Entry,
    below: bytes = b"",
    most: int = MAX_ENTRIES,
) -> list[FileChange]:
    changes: list[FileChange] = []
    folders: list[tuple[bytes, _Entry, _Entry]] = [(below, before, after)]
    n_entries = 0
    while folders and len(changes) <= most:
        folder, one, other = folders.pop()
        # Looked up again: an entry may only say that it is a tree.
        old, new = ([] if e is None else list(repo[e.id].peel(pygit2.Tree)) for e in (one, other))
        n_entries += len(old) + len(new)
        if n_entries > MAX_ENTRIES or len(folder) > _MAX_PATH:
            path = os.fsdecode(folder[:-1]) or "."
            changes.append(FileChange(path=path, old_mode=ABSENT, new_mode=ENDLESS))
            break
        if other is not None and not new and folder != below:
            changes.append(_change(repo, os.fsdecode(folder[:-1]), None, other))
        by_name, times = {_name(entry): entry for entry in old}, Counter(map(_name, new))
        pairs: list[tuple[_Entry, _Entry]] = [(by_name.get(_name(entry)), entry) for entry in new]
        pairs += [(entry, None) for entry in old if _name(entry) not in times]
        for one, other in pairs:
            facts = [e if e is None else (_name(e), e.id, e.filemode) for e in (one, other)]
            name = next(fact[0] for fact in facts if fact)
            if len(changes) > most:
                break
            if facts[0] == facts[1] and times[name] == 1:
                continue
            inner = [e if isinstance(e, pygit2.Tree) else None for e in (one, other)]
            files = [None if isinstance(e, pygit2.Tree) else e for e in (one, other)]
            if inner != [None, None]:
                folders.append((folder + name + b"/", inner[0], inner[1]))
            if files != [None, None]:
                changes.append(_change(repo, os.fsdecode(folder + name), files[0], files[1]))
    return sorted(changes, key=lambda change: os.fsencode(change.path))


def _change(repo: pygit2.Repository, path: str, old: _Entry, new: _Entry) -> FileChange:
    modes = [f"{entry.filemode:06o}" if entry is not None else ABSENT for entry in (old, new)]
    size = None
    if new is not None and modes[1].startswith("100") and new.id in repo.odb:
        kind, n_bytes = repo.odb.read_header(new.id)
        size = n_bytes if kind == pygit2.enums.ObjectType.BLOB else None
    return FileChange(
        path=path,
        old_mode=modes[0],
        new_mode=modes[1],
        object_id=None if new is None else str(new.id),
        size=size,
    )


def _unreadable(root: Path, what: str, found: str) -> PullRequestError:
    return PullRequestError(worded("git-unreadable", f"{root}, {what}", found=found))
