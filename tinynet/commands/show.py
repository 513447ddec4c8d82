"""`tinynet show`: what an operation, an optimizer or a kernel is."""

NAME = "show"
TEXT = "Show what an operation, an optimizer or a kernel is, down to its loop."
EXAMPLES = """examples:
  tinynet show adam                  an update rule: equation, formula,
                                     generated loop, vector instructions
  tinynet show gelu --dtype float64  an operation
  tinynet show matmul --asm          the machine code of its loops, the inner
                                     loop of each marked

NAME is an operation, as in tinynet.NAME or tinynet.nn.functional.NAME, an
optimizer, a module or a kernel."""


def arguments(parser):
    parser.add_argument("name", metavar="NAME", help="such as adam, gelu, matmul, nn.Conv2d or optim.AdamW")
    parser.add_argument("--dtype", default="float32", choices=("float32", "float64"), help="default: %(default)s")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--asm", action="store_true", help="print the machine code of its loops instead")
    form.add_argument("--ptx", action="store_true", help="print what a GPU is given instead; needs numba-cuda")


def run(args):
    from ..window import show

    page = show(args.name, dtype=args.dtype)
    print(page.assembly if args.asm else page.ptx if args.ptx else page)
    return 0
