"""The ravine as a page: pick rules, a surface and the learning rate, and watch the balls roll.

    python examples/adam/page.py             writes ravine.html, one file that needs nothing else

The JavaScript of rules, surfaces and gradients is translated from the Python that tinynet runs (`javascript.py`);
around it goes what lies in the folder `page`. What is chosen on the page stands in its address, after the #.
"""

import argparse
import inspect
import json
from pathlib import Path

from contestants import CONTESTANTS
from javascript import Program, parse
from paths import COLOURS, STORY, best_rates
from surfaces import SURFACES

FOLDER = Path(__file__).parent / "page"
NAMES = {
    "lr": "Learning rate",
    "momentum": "Momentum γ",
    "beta1": "β₁",
    "beta2": "β₂",
    "beta3": "β₃",
    "alpha": "Decay γ of E[g²]",
    "rho": "Decay ρ",
    "eps": "ε",
    "momentum_decay": "Momentum decay ψ",
}


def arguments(formula):
    """(state, numbers): the names between p and g, and after g."""
    names = list(inspect.signature(formula).parameters)
    return names[1 : names.index("g")], names[names.index("g") + 1 :]


def code(formula):
    """The lines of a formula as the source has them, without its docstring."""
    lines = inspect.getsource(formula).splitlines()
    first = parse(formula).body[0].lineno - 1
    return "\n".join([lines[0], *lines[first:]])


def model(steps):
    """The generated JavaScript: functions, and the tables RULES and SURFACES that name them."""
    program, rates = Program(), best_rates(CONTESTANTS, SURFACES, steps)
    surfaces, rules = {}, {}
    for name, surface in SURFACES.items():
        surfaces[name] = {
            "title": surface.title,
            "note": surface.note,
            "f": Function(program.add(surface.f)),
            "gradient": Function(program.add_gradient(surface.f, f"{name}_gradient")),
            **{"start": surface.start, "view": surface.view, "minima": surface.minima, "least": surface.least},
        }
    for name, contestant in CONTESTANTS.items():
        state, numbers = arguments(contestant.formula)
        derived = {
            key: [Function(program.add(function)), list(inspect.signature(function).parameters)]
            for key, function in contestant.derived.items()
        }
        early = contestant.early
        rules[name] = {
            "title": contestant.title,
            "colour": COLOURS[name],
            "says": inspect.getdoc(contestant.formula),
            "code": code(contestant.formula),
            "formula": Function(program.add(contestant.formula)),
            "early": early and [Function(program.add(early)), arguments(early)[1]],
            "state": state,
            "numbers": numbers,
            "fixed": contestant.fixed,
            "derived": derived,
            "begin": contestant.begin,
            "settings": {key: setting._asdict() for key, setting in contestant.settings.items()},
            "rates": {surface: rates[name, surface] for surface in SURFACES},
        }
    tables = {"SURFACES": surfaces, "RULES": rules, "NAMES": NAMES, "STORY": STORY}
    return program.text() + "".join(f"\nconst {name} = {literal(table)};\n" for name, table in tables.items())


class Function(str):
    """The name of a JavaScript function, which goes into a table without quotes."""


def literal(value):
    """A value as JavaScript; in a script of HTML, `<` must not begin a tag."""
    if isinstance(value, Function):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {literal(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    return json.dumps(value).replace("<", "\\u003c")


def main(out="ravine.html", steps=200):
    text = (FOLDER / "page.html").read_text("utf-8")
    parts = {
        "/* page.css */": (FOLDER / "page.css").read_text("utf-8"),
        "/* model */": model(steps),
        "/* page.js */": (FOLDER / "page.js").read_text("utf-8"),
        "/* pictures.js */": (FOLDER / "pictures.js").read_text("utf-8"),
    }
    for place, part in parts.items():
        text = text.replace(place, part)
    Path(out).write_text(text, "utf-8")
    print(f"wrote {out}: {len(CONTESTANTS)} rules on {len(SURFACES)} surfaces")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="ravine.html", help="the page's file (default %(default)s)")
    main(parser.parse_args().out)
