"""The tables are what their CSVW metadata says, by a reader that is not ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from csvw.metadata import TableGroup

from ecosystem_graph import resources

METADATA = sorted(resources.DATA.glob("*/csv-metadata.json"))


@pytest.mark.parametrize("path", METADATA, ids=lambda path: path.parent.name)
def test_every_cell_is_of_its_column(path: Path) -> None:
    group = TableGroup.from_file(path)
    assert all(len(list(table)) > 20 for table in group.tables)
    assert group.check_referential_integrity()


def test_a_cell_of_the_wrong_kind_is_found(tmp_path: Path) -> None:
    source = resources.DATA / "areas"
    for name in ("csv-metadata.json", "units.csv"):
        text = (source / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("DE1,1,", "DE1,one,"), encoding="utf-8")
    (table,) = TableGroup.from_file(tmp_path / "csv-metadata.json").tables
    with pytest.raises(ValueError, match="level"):
        list(table)
