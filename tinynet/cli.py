"""The `tinynet` command. What each of its commands does is in `commands/`.

Exit codes: 0 done; 1 the training failed; 2 the request or a file in it is wrong; 130 interrupted.
"""

import argparse
import sys
import warnings

from . import __version__
from .commands import COMMANDS, train
from .commands.output import drop, fail, open_streams, without_reader
from .commands.ranks import said_by_rank_0, silence_others
from .errors import DeviceError, DistError

DESCRIPTION = "Train small neural networks with tinynet: deep learning in pure Python."

EXAMPLES = """examples:
  tinynet train digits                  handwritten digits; takes a few seconds
  tinynet eval runs/digits-mlp-adam     measure the trained model again
  tinynet predict runs/digits-mlp-adam  let it read digits that are new to it
  tinynet show adam                     its equation, its loop, its machine code
  tinynet info                          versions, processor, cache folder"""


def main(argv=None):
    """Run the command with the given arguments, or those of the process; returns the exit code."""
    open_streams()
    silence_others()
    parser = _parser()
    with said_by_rank_0():
        args = parser.parse_args(argv)
    if args.run is None:
        parser.print_help()
        return 0
    try:
        with warnings.catch_warnings(), without_reader(args.run is train.run):
            warnings.showwarning = lambda message, *_: print(f"tinynet: {message}", file=sys.stderr)
            code = args.run(args)
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return fail("interrupted", 130)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        drop(sys.stdout)
        return 0
    except (ValueError, OSError, DeviceError, ModuleNotFoundError) as error:
        return fail(_text(error), 2)
    except (ArithmeticError, DistError) as error:
        return fail(error, 1)


def _text(error):
    """The system's errors begin with the file, as all others do, and not with a number."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return error


def _parser():
    parser = _described(argparse.ArgumentParser, "tinynet", DESCRIPTION, EXAMPLES)
    parser.add_argument("--version", action="version", version=f"tinynet {__version__}")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(metavar="COMMAND")
    for command in COMMANDS:
        made = _described(commands.add_parser, command.NAME, command.TEXT, command.EXAMPLES, help=command.TEXT)
        made.usage = getattr(command, "USAGE", None)
        command.arguments(made)
        made.set_defaults(run=command.run)
    return parser


def _described(make, name, text, examples=None, **options):
    return make(
        name, description=text, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter, **options
    )
