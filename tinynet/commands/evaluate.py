"""`tinynet eval`: measure the model of a run."""

NAME = "eval"
TEXT = "Measure the model of a run on the data that was held out, or on others."
EXAMPLES = """examples:
  tinynet eval runs/digits-mlp-adam
  tinynet eval runs/table-mlp-adam new.csv

Of a regression, RMSE is in the target's unit. R2 is 1 where all is right, and 0
for a guess of the mean."""


def arguments(parser):
    parser.add_argument("folder", metavar="RUN", help="a run folder, such as runs/digits-mlp-adam")
    parser.add_argument(
        "data", metavar="DATA", nargs="?", help="a table, a folder of pictures by class, or a text; with answers"
    )


def run(args):
    from ..training import Run

    for name, value in Run.open(args.folder).report(args.data):
        print(f"test {name} {value:.6g}")
    return 0
