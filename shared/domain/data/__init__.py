"""Published lists as tab-separated files. The first lines of each file name its source (decision D26)."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield each row of a file of this folder as a dict by column name; skip the comments.

    `name` is the name of the file without `.tsv`.
    """
    lines = files(__name__).joinpath(f"{name}.tsv").read_text("utf-8").splitlines()
    columns, *data = (line.split("\t") for line in lines if not line.startswith("#"))
    return (dict(zip(columns, values, strict=True)) for values in data)
