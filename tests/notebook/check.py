"""Runs the notebooks in examples/notebooks, and sees that they are as they should be stored: without outputs.

    python tests/notebook/check.py                  runs all of them; exits with 1 if one fails
    python tests/notebook/check.py FILE ...         those that are named
    python tests/notebook/check.py --strip          takes away outputs and counts, as Jupyter leaves them
    python tests/notebook/check.py --out DIR        keeps copies with what they show

A notebook is stored without outputs, so that a change of it is a change of its text, and nothing in it is of yesterday:
what a cell shows is what today's code shows when it is run. Cells hold assertions where the text says what comes out.
Running them takes nbclient and ipykernel.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import nbformat

FOLDER = Path(__file__).parents[2] / "examples" / "notebooks"


def stripped(notebook):
    """The notebook without outputs, counts and what editors note."""
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def text_of(notebook):
    """The text of a notebook's file."""
    return nbformat.writes(notebook) + "\n"


def is_stripped(path):
    return text_of(stripped(nbformat.read(path, 4))) == path.read_text(encoding="utf-8")


def run(path):
    """The notebook with what its cells show. Raises CellExecutionError where one fails."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, 4)
    with tempfile.TemporaryDirectory() as folder:  # in which nothing lies that it could take for its own
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    return notebook


def check(path, out):
    """What is wrong with a notebook, or None."""
    if not is_stripped(path):
        return "has outputs or notes of an editor: check.py --strip takes them away"
    try:
        found = run(path)
    except Exception as error:  # a cell that fails, or a kernel that dies
        return str(error)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / path.name).write_text(text_of(found), encoding="utf-8")
    return None


def main(paths, strip, out):
    failed = False
    for path in paths or sorted(FOLDER.glob("*.ipynb")):
        if strip:
            path.write_text(text_of(stripped(nbformat.read(path, 4))), encoding="utf-8")
            continue
        start = time.perf_counter()
        wrong = check(path, out)
        failed |= wrong is not None
        print(f"{path.name}: {wrong or f'{time.perf_counter() - start:.1f} s'}", flush=True)
    return int(failed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, metavar="NOTEBOOK", help="(default: all of them)")
    parser.add_argument("--strip", action="store_true", help="take away outputs, run nothing")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep copies with outputs")
    sys.exit(main(**vars(parser.parse_args())))
