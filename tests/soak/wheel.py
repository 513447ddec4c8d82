"""The wheel in a fresh environment of each Python there is: it trains, and prints on terminals that know few letters.

    python tests/soak/wheel.py                     the Pythons that are found, from 3.10 on
    python tests/soak/wheel.py --newest            the newest of them
    python tests/soak/wheel.py /usr/bin/python3    that one

Each gets an environment of its own and nothing compiled; packages come from where pip takes them. It takes a minute or
two for each. Exits with 1 if one fails.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
OLDEST = 3, 10
TRAIN = "train", "digits", "--epochs", "6"
COMMANDS = [  # (arguments, what is printed)
    ((), "usage: tinynet"),
    (TRAIN, r"Test accuracy 9\d\.\d%"),
    (("eval", "runs/digits-mlp-adam"), "test accuracy 0.9"),
    (("predict", "runs/digits-mlp-adam"), "image 3: "),
    (("show", "adam"), "def adam"),
    (("info",), "LLVM target"),
]
TERMINALS = {
    "UTF-8": {"PYTHONUTF8": "1"},
    "ASCII": {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C"},
}


def pythons():
    """{version: a Python} of those on the path and those of pyenv, the newest patch of each."""
    folders = [Path(p) for p in os.environ["PATH"].split(os.pathsep)]
    folders += sorted((Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions").glob("*/bin"))
    found = {}
    for path in (folder / "python3" for folder in folders):
        version = version_of(path)
        if version is not None and version[:2] >= OLDEST and version > found.get(version[:2], ((),))[0]:
            found[version[:2]] = version, path
    return [path for _, path in sorted(found.values())]


def version_of(python):
    """The version of a Python that can make environments, as (3, 12, 1), or None."""
    code = "import sys, venv, ensurepip; print(*sys.version_info[:3])"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60)
    except OSError:
        return None
    return tuple(map(int, done.stdout.split())) if done.returncode == 0 else None


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=900, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def try_out(python, wheel, folder):
    """Install the wheel and run the command, with each terminal. Raises RuntimeError for what goes wrong."""
    run([python, "-m", "venv", folder / "env"])
    bin = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    run([bin / "python", "-m", "pip", "install", "--quiet", wheel])
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "NUMBA", "LC_", "LANG"))}
    for terminal, settings in TERMINALS.items():
        home = folder / terminal
        home.mkdir()
        environment = {**kept, **settings, "NUMBA_CACHE_DIR": str(folder / "kernels")}
        for arguments, told in COMMANDS:
            out = run([bin / "tinynet", *arguments], cwd=home, env=environment)
            if not re.search(told, out):
                raise RuntimeError(f"tinynet {' '.join(arguments)}, {terminal}: expected {told!r} in\n{out[-2000:]}")
            if max(map(len, out.splitlines())) > 80 and arguments in ((), TRAIN):
                raise RuntimeError(f"tinynet {' '.join(arguments)}: a line is longer than 80 columns\n{out}")


def main(chosen, newest):
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")  # building leaves files behind
        shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".git", "build", "*.egg-info", "runs"))
        run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, source])
        (wheel,) = Path(folder).glob("*.whl")
        for i, python in enumerate(chosen or pythons()[-newest:]):
            home = Path(folder, str(i))
            home.mkdir()
            try:
                try_out(python, wheel, home)
                told = "works"
            except RuntimeError as error:
                failed, told = True, f"fails: {error}"
            print(f"Python {'.'.join(map(str, version_of(python)))}: {told}", flush=True)
    return int(failed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chosen", nargs="*", type=Path, metavar="PYTHON", help="(default: all that are found)")
    parser.add_argument("--newest", action="store_const", const=1, default=0, help="the newest one that is found")
    sys.exit(main(**vars(parser.parse_args())))
