"""Random convolutions, and transposed ones, for the tests that compare them on two sides."""

from hypothesis import strategies as st


@st.composite
def convolutions(draw, dims, small=False):
    """(shape of x, shape of weight, options) of a convolution whose output has at least one pixel."""
    ints, pick = lambda *ends: draw(st.integers(*ends)), lambda *values: draw(st.sampled_from(values))
    options = {
        "stride": tuple(ints(1, 3) for _ in range(dims)),
        "dilation": tuple(ints(1, 3) for _ in range(dims)),
        "groups": pick(1, 1, 1, 2, 3),
    }
    kernel = [ints(1, 4) for _ in range(dims)]
    inputs, outputs = (
        (pick(1, 2), pick(1, 2)) if small else (pick(1, 2, 3, 7, 8, 16, 19), pick(1, 2, 5, 16, 17, 33, 40))
    )
    if draw(st.booleans()):  # each channel has a kernel of its own
        inputs = outputs = 1
        options["groups"] = pick(1, 3) if small else pick(1, 2, 15, 16, 17, 35)
    options["padding"] = tuple(ints(0, 3) for _ in range(dims))
    if all(s == 1 for s in options["stride"]) and draw(st.booleans()):
        options["padding"] = "same"
    padding = options["padding"] if options["padding"] != "same" else [3] * dims
    least = [max(1, d * (k - 1) + 1 - 2 * p) for k, d, p in zip(kernel, options["dilation"], padding)]
    size = [n + ints(0, 3 if small else 9) for n in least]
    groups = options["groups"]
    return (pick(0, 1, 2, 5), inputs * groups, *size), (outputs * groups, inputs, *kernel), options


@st.composite
def transposed(draw, dims, small=False):
    x, (outputs, inputs, *kernel), options = draw(convolutions(dims, small))
    options["padding"] = tuple(
        draw(st.integers(0, min(3, d * (k - 1) // 2))) for k, d in zip(kernel, options["dilation"])
    )
    options["output_padding"] = tuple(
        draw(st.integers(0, max(s, d) - 1)) for s, d in zip(options["stride"], options["dilation"])
    )
    size = [min(n, 3 if small else 6) for n in x[2:]]
    return (x[0], outputs, *size), (outputs, inputs, *kernel), options


CASES = {
    "conv1d": convolutions(1),
    "conv2d": convolutions(2),
    "conv_transpose1d": transposed(1),
    "conv_transpose2d": transposed(2),
}
SMALL = {
    "conv1d": convolutions(1, small=True),
    "conv2d": convolutions(2, small=True),
    "conv_transpose1d": transposed(1, small=True),
    "conv_transpose2d": transposed(2, small=True),
}


def outputs_of(name, weight, options):
    return weight[1] * options["groups"] if "transpose" in name else weight[0]
