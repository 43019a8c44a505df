"""Read the files `processing.toml` of the services: the register of processing (ADR 31)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from shared.domain.processing import Table, read_register
from shared.runtime.migrations import FOLDERS

#: The file of each schema, beside the folder of its migrations.
FILES: Final[Mapping[str, Path]] = {
    schema: file
    for schema, folder in FOLDERS.items()
    if (file := folder.with_name("processing.toml")).exists()
}


def load_register() -> tuple[Table, ...]:
    """Return all classified tables. Raise RegisterError for a wrong file."""
    return read_register(read_files())


def read_files() -> dict[str, dict[str, Any]]:
    """Return the content of each file by its schema."""
    return {schema: tomllib.loads(file.read_text()) for schema, file in FILES.items()}
