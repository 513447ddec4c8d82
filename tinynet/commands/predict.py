"""`tinynet predict`: let the model of a run read data that are new to it."""

import csv
import io
import sys

NAME = "predict"
TEXT = "Let the model of a run read data that are new to it."
EXAMPLES = """examples:
  tinynet predict runs/digits-mlp-adam        digits kept out of the training
  tinynet predict runs/digits-mlp-adam photo.jpg
  tinynet predict runs/table-mlp-adam new.csv --csv predictions.csv
  tinynet predict runs/text-lstm-adam "Once upon" --count 500

INPUT is, for a run that was trained on
  a table    a CSV file with the same columns; that of the target may be absent
  pictures   a picture (PNG, JPEG, GIF, BMP, TIFF, WebP, PPM) of any size and
             colour, a folder of them, or an array (.npy, .npz, IDX). If the
             run's pictures show one shape on a plain background, as digits do,
             what the border is is taken for paper, what stands out from it for
             ink, and the shape is cut out, centred and scaled as it is there;
             of others the middle is cut out and scaled
  digits     such a picture; .npy, .npz, of shape (n, 64), (n, 8, 8) or (8, 8);
             .csv, rows of 64 numbers, or 8 rows of 8; ink is bright
  an .npz    rows of numbers (.npy, .npz, .csv)
  a text     the beginning of a text, which is gone on with"""


def arguments(parser):
    add = parser.add_argument
    add("folder", metavar="RUN", help="a run folder, such as runs/digits-mlp-adam")
    add("input", metavar="INPUT", nargs="?", help="what to read; without it, some of what was held out from training")
    invert = "the ink is dark in an array; in a picture, paper and ink are the other way round than found"
    add("--invert", action="store_true", help=invert)
    count = "the first N examples only (default: 3 without INPUT); of a text, characters to write (default: 300)"
    add("--count", type=int, metavar="N", help=count)
    add("--csv", metavar="FILE", help="write the predictions to a CSV file instead")
    add("--temperature", type=float, default=0.8, metavar="T", help="of a text: 0 takes the likeliest (default: 0.8)")
    add("--seed", type=int, default=0, metavar="N", help="of a text: decides what is drawn (default: 0)")


def run(args):
    from ..training import Run

    if args.count is not None and args.count < 1:
        raise ValueError(f"--count: expected a whole number >= 1, got {args.count}")
    opened = Run.open(args.folder)
    if opened.task.kind == "text":
        if args.csv is not None:
            raise ValueError(f"--csv: expected a run whose answers are a table, and {args.folder} writes a text")
        return _go_on(opened, args)
    if args.input is None:
        model, test = opened.model()
        examples = opened.task.held_out(test[: args.count or 3])
    else:
        model, task = opened.predictor()
        examples = task.read(args.input, invert=args.invert, say=print if args.csv is None else _to_stderr)
        examples = examples.first(args.count)
    if not examples.names:
        raise ValueError(f"{args.input}: expected at least one example, got none that can be used")
    outputs = _outputs(model, opened.task, examples.inputs)
    if args.csv is not None:
        _write_csv(args.csv, opened.task, examples, outputs)
        return 0
    _show(opened.task, examples, outputs)
    return 0


def _to_stderr(text):
    print(text, file=sys.stderr)


def _outputs(model, task, inputs, batch=512):
    """float32 (n, classes) probabilities, or (n,) numbers."""
    import numpy as np

    from ..autograd import no_grad
    from ..tensor import wrap

    with no_grad():
        parts = [model(wrap(inputs[i : i + batch])) for i in range(0, len(inputs), batch)]
        if task.classes is None:
            return task.number(np.concatenate([part.array[:, 0] for part in parts]).astype(np.float64))
        return np.concatenate([part.softmax(1).array for part in parts])


def _show(task, examples, outputs):
    for i, (name, output) in enumerate(zip(examples.names, outputs)):
        picture = None if examples.pictures is None else examples.pictures[i]
        if picture is not None and len(outputs) <= 10 and max(picture.shape) <= 32:  # more would be in the way
            print(_drawing(picture))
        if picture is not None and picture.max() == picture.min():
            print(f"{name}: blank")
            continue
        target = None if examples.targets is None else examples.targets[i]
        print(f"{name}: {_number(task, output, target) if task.classes is None else _classes(task, output, target)}")


def _classes(task, p, target):
    best, second = p.argsort()[::-1][:2]
    text = f"{task.classes[best]}, {p[best]:.1%} sure; next {task.classes[second]}, {p[second]:.1%}"
    return text if target is None else f"{text}; it is {'a ' if task.kind == 'digits' else ''}{task.classes[target]}"


def _number(task, output, target):
    return f"{output:.6g}" if target is None else f"{output:.6g}; it is {task.number(target[0]):.6g}"


def _write_csv(path, task, examples, outputs):
    """A line for each example: its name, the answer, and the probability of each class."""
    from ..training.files import whole_file

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["example", "prediction", *(task.classes or ())])
    for name, output in zip(examples.names, outputs):
        if task.classes is None:
            writer.writerow([name, f"{output:.9g}"])
        else:
            writer.writerow([name, task.classes[output.argmax()], *(f"{p:.6g}" for p in output)])
    with whole_file(path) as file:
        file.write(text.getvalue().encode())
    print(f"{path}: {len(outputs):,} predictions")


def _drawing(image, shades=" .:-=+*#%@"):
    """A line of characters for each row, two for each pixel, which makes it about square."""
    levels = (image * (len(shades) - 1)).round().astype(int)
    return "\n" + "\n".join("  " + "".join(shades[level] * 2 for level in row).rstrip() for row in levels)


def _go_on(opened, args):
    """Write a text on, character by character."""
    import numpy as np

    from ..training.sampling import continued

    if not 0 <= args.temperature < float("inf"):
        raise ValueError(f"--temperature: expected a number >= 0, got {args.temperature}")
    if args.seed < 0:
        raise ValueError(f"--seed: expected a whole number >= 0, got {args.seed}")
    model, task = opened.predictor()
    prompt = args.input or ("\n" if "\n" in task.vocabulary.characters else task.vocabulary.characters[0])
    generator = np.random.default_rng(args.seed)
    characters = continued(model, task, prompt, args.count or 300, args.temperature, generator)
    print(prompt, end="", flush=True)
    for character in characters:
        print(character, end="", flush=True)
    print()
    return 0
