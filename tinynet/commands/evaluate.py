"""`tinynet eval`: measure the model of a run."""

NAME = "eval"
TEXT = "Measure the model of a run on the data that was held out."
EXAMPLES = None


def arguments(parser):
    parser.add_argument("folder", metavar="RUN", help="a run folder, such as runs/digits-mlp-adam")


def run(args):
    from ..training import Run

    loss, accuracy = Run.open(args.folder).evaluate()
    print(f"test loss {loss:.6g}\ntest accuracy {accuracy:.6g}")
    return 0
