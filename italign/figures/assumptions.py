"""Every assumption and deviation that comments and docstrings of the project mark as such."""

import ast
import inspect
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

FOLDERS = ("italign", "workflow", "config")
MARK = re.compile(r"\b(ASSUME|DEVIATION)\b:?")
YAML_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*(.*)")


class Assumption(NamedTuple):
    """What is assumed, or done otherwise than in the paper or its code.

    path: file, from the root. kind: the mark. about: name or config key on the line of the mark,
    or empty. words: what the mark says.
    """

    path: str
    kind: str
    about: str
    words: str


class Comment(NamedTuple):
    """A comment, and what stands on its line before it."""

    line: int
    column: int
    before: str
    words: str


def assumptions_of(root: str | Path) -> list[Assumption]:
    """Collect the marks below a project's root.

    Parameters
    ----------
    root : str or Path
        Holds `FOLDERS`; Python files and YAML files are read.

    Returns
    -------
    list of Assumption
        Sorted by path, then in the order of the file: comments before docstrings. Words run from
        the mark to the end of its comment or paragraph, or to the next mark.
    """
    files = [path for folder in FOLDERS for kind in ("*.py", "*.yaml")
             for path in (Path(root) / folder).rglob(kind)]
    return [Assumption(path.relative_to(root).as_posix(), kind, about, words)
            for path in sorted(files) for about, paragraph in _paragraphs(path)
            for kind, words in _marked(paragraph)]


def _marked(paragraph: str) -> Iterator[tuple[str, str]]:
    starts = list(MARK.finditer(paragraph))
    ends = [match.start() for match in starts[1:]] + [len(paragraph)]
    for match, end in zip(starts, ends[:len(starts)], strict=True):
        yield match[1], paragraph[match.end():end].strip(" ;")


def _paragraphs(path: Path) -> Iterator[tuple[str, str]]:
    """Paragraphs of a file's comments and docstrings, with the name each comment is about."""
    text = path.read_text(encoding="utf-8")
    if not MARK.search(text):
        return
    if path.suffix == ".yaml":
        yield from _joined(_yaml_comments(text))
        return
    yield from _joined(_python_comments(text))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            for paragraph in _split(ast.get_docstring(node, clean=False) or ""):
                yield "", paragraph


def _python_comments(text: str) -> Iterator[Comment]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            yield Comment(line, column, token.line[:column], token.string.lstrip("# "))


def _yaml_comments(text: str) -> Iterator[Comment]:
    for number, line in enumerate(text.splitlines()):
        match = YAML_COMMENT.search(line)
        if match:
            yield Comment(number, match.start(), line[:match.start()], match[1])


def _joined(comments: Iterable[Comment]) -> Iterator[tuple[str, str]]:
    """Join comments of consecutive lines that begin in one column; after code one begins anew."""
    about, words, last = "", [], None
    for comment in comments:
        follows = last and (comment.line, comment.column) == (last.line + 1, last.column)
        if not follows or comment.before.strip():
            yield about, " ".join(words)
            about, words = re.split(r"[:=]", comment.before)[0].strip(" -"), []
        words.append(comment.words.strip())
        last = comment
    yield about, " ".join(words)


def _split(docstring: str) -> Iterator[str]:
    """Paragraphs of a docstring: lines of one indentation without a blank one between."""
    paragraph, last = [], 0
    for line in [*inspect.cleandoc(docstring).splitlines(), ""]:
        indent = len(line) - len(line.lstrip())
        if paragraph and (not line.strip() or indent != last):
            yield " ".join(paragraph)
            paragraph = []
        if line.strip():
            paragraph.append(line.strip())
        last = indent
