"""The notebook of docs/ runs from top to bottom, and stands there executed."""

from pathlib import Path

import pytest

import fer_classic

NOTEBOOK = Path(fer_classic.__file__).parents[1] / "docs" / "first-steps.ipynb"


@pytest.fixture
def notebook():
    nbformat = pytest.importorskip("nbformat")
    if not NOTEBOOK.is_file():
        pytest.skip("no checkout: docs/ is not there")
    return nbformat.read(NOTEBOOK, as_version=4)


def test_it_runs(notebook, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOK.parents[1]))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    kept = [dict(cell) for cell in notebook.cells]
    folder = {"metadata": {"path": str(NOTEBOOK.parent)}}
    nbclient.NotebookClient(notebook, timeout=600, resources=folder).execute()
    assert "2 faces" in text_of(notebook.cells[3])
    assert "right, on a synthetic set" in text_of(notebook.cells[8])
    for cell, before in zip(notebook.cells, kept, strict=True):
        assert cell.source == before["source"]


def test_it_stands_there_executed_and_small(notebook):
    assert NOTEBOOK.stat().st_size < 100_000
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not any(own.output_type == "error" for cell in code for own in cell.outputs)
    assert "image/jpeg" in str(notebook.cells[3].outputs)


def text_of(cell):
    parts = [own.get("text", "") or own["data"]["text/plain"] for own in cell.outputs]
    return "\n".join(parts)
