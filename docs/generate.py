"""Writes the reference pages that follow from the code: ``make docs``; a test compares them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click

from ecosystem_graph import resources
from ecosystem_graph.cli import main
from ecosystem_graph.engine import Library
from ecosystem_graph.settings import ENVIRONMENT_PREFIX, Settings

REFERENCE = Path(__file__).parent / "reference"
WIDTH = 90

_QUESTIONS = """\
# Questions

Made by `make docs`. Each is asked by name: `ecosystem-graph query NAME`; its exact rows stand
beside it in `queries/competency/`. The scope *documents* is the five documents and the areas they
speak of, *all* is everything published.

There are {asked} questions; {needing} of them need inference: their rows differ when only what is
stated is asked. Flags: D, the documents fix the answer; P, they fix a part and the rest is unknown;
N, they do not fix it, and the answer has no row or an empty cell.
"""


def command_line() -> str:
    """Return the page of commands: the help of each."""
    parts = ["# Command line\n", "Made by `make docs` from the program's own help.\n"]
    context = main.make_context(
        "ecosystem-graph", ["build"], terminal_width=WIDTH, max_content_width=WIDTH
    )
    parts += [
        f"## {page.command_path}\n\n```text\n{page.get_help()}\n```\n"
        for page in _contexts(context)
    ]
    return "\n".join(parts)


def settings() -> str:
    """Return the page of settings."""
    rows = [
        f"| `{setting.name}` | `{ENVIRONMENT_PREFIX}{setting.name.upper()}` "
        f"| `{setting.default}` | {setting.metadata['meaning']} |"
        for setting in fields(Settings)
    ]
    head = ["| setting | environment | default | meaning |", "|---|---|---|---|"]
    return "\n".join(
        [
            "# Settings\n",
            "Made by `make docs`. An option comes first, then the environment.\n",
            *head,
            *rows,
            "",
        ]
    )


def questions() -> str:
    """Return the page of stored queries."""
    library = Library(resources.QUERIES)
    asked = [query for query in library if query.is_competency_question]
    head = ["| name | question | scope | needs inference | flag |", "|---|---|---|---|---|"]
    rows = [
        f"| `{query.slug}` | {query.titles['en']} | {query.scope.value} "
        f"| {'yes' if query.needs_inference else 'no'} | {query.header['flag']} |"
        for query in asked
    ]
    needing = sum(query.needs_inference for query in asked)
    return "\n".join([_QUESTIONS.format(asked=len(asked), needing=needing), *head, *rows, ""])


PAGES = {"command-line.md": command_line, "settings.md": settings, "questions.md": questions}


def _contexts(context: click.Context) -> Iterator[click.Context]:
    """Yield the context of a command and of every command in it."""
    yield context
    if isinstance(context.command, click.Group):
        for name, part in sorted(context.command.commands.items()):
            yield from _contexts(click.Context(part, info_name=name, parent=context))


if __name__ == "__main__":
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
