"""Writes the outputs on the page docs/show.md anew, and its picture: python docs/show/write.py

A block that begins with "$ tinynet show" has what the command prints; a block of Python is followed by what it prints.
"""

import contextlib
import io
import os
import re
import tempfile
from pathlib import Path

from tinynet import cli

HERE = Path(__file__).parent
PAGE, PICTURE = HERE.with_suffix(".md"), HERE / "loss.svg"


def written(page):
    """(the text of the page with the outputs of today, the picture that its code saves)."""
    page = re.sub(r"```console\n\$ tinynet (.*)\n(?s:.*?)```", _command, page)
    with tempfile.TemporaryDirectory() as folder:
        names = {"PICTURE": str(Path(folder, "loss.svg"))}
        page = re.sub(r"```python\n(?s:(.*?))```\n\n```\n(?s:.*?)```", lambda match: _code(match[1], names), page)
        return page, Path(names["PICTURE"]).read_text(encoding="utf-8")


def _command(match):
    out = _printed(lambda: cli.main(match[1].split()))
    out = re.sub(r"\S+/(lifted/\w+\.py)", r"~/.cache/tinynet/…/\1", out)
    return f"```console\n$ tinynet {match[1]}\n{out}```"


def _code(text, names):
    out = _printed(lambda: exec(text.replace('"loss.svg"', "PICTURE"), names))
    return f"```python\n{text}```\n\n```\n{out}```"


def _printed(run):
    before, folder = os.environ.get("COLUMNS"), os.getcwd()
    os.environ["COLUMNS"] = "100"
    os.chdir(HERE.parents[1])  # places are told from here
    try:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            run()
    finally:
        os.chdir(folder)
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    return out.getvalue()


if __name__ == "__main__":
    text, picture = written(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(text, encoding="utf-8")
    PICTURE.write_text(picture, encoding="utf-8")
