"""`tinynet info`: versions, processor, threads and folders."""

NAME = "info"
TEXT = "Show versions, processor, threads, and where compiled code is kept."
EXAMPLES = None


def arguments(parser):
    parser.add_argument("--peak", action="store_true", help="measure what the processor reaches, for profiles to show")


def run(args):
    from ..info import facts

    for name, value in facts():
        print(f"{name:14} {value}")
    if args.peak:
        from ..profiler.peak import measure_peak

        gflops, gbytes = measure_peak()
        print(f"{'peak':14} {gflops:.0f} GFLOP/s in a product of float32, {gbytes:.0f} GB/s in a copy")
    return 0
