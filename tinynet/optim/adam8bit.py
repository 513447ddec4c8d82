"""Adam and AdamW that keep their moments in codes of 8 bits."""

from .. import rules
from ..kernels.lifting.codec import SIGNED, UNSIGNED, blocks
from .adam import Adam
from .engine.quantized_state import SCALE, encoded
from .engine.rule import CodedRule

CODES = {"exp_avg": SIGNED, "exp_avg_sq": UNSIGNED, "max_exp_avg_sq": UNSIGNED}
ADAM, AMSGRAD = CodedRule(rules.adam, CODES), CodedRule(rules.amsgrad, CODES)
ADAMW, ADAMW_AMSGRAD = CodedRule(rules.adamw, CODES), CodedRule(rules.adamw_amsgrad, CODES)


class Adam8bit(Adam):
    """Adam whose state takes a quarter of the memory, after Dettmers et al., "8-bit Optimizers via Block-wise
    Quantization" (ICLR 2022).

        m, v ← decoded, each number with the scale of its block
        θ, m, v ← as in Adam
        codes of m, v ← encoded anew, rounded up or down by chance so that the mean is right

    A block is 256 numbers of one tensor; `kernels/lifting/codec.py` has the format. Arguments are those of `Adam`, the
    name is that of bitsandbytes and torchao. `load_state_dict` takes the state of `Adam` too, and `Adam` takes this
    one's.
    Where a gradient is NaN or infinite, all of its block becomes NaN in the next step, unless `step(nonfinite="skip")`.
    Raises: ValueError for hyperparameters out of range.
    """

    codes = CODES

    def rule(self, group):
        if group["decoupled_weight_decay"]:
            return ADAMW_AMSGRAD if group["amsgrad"] else ADAMW
        return AMSGRAD if group["amsgrad"] else ADAM

    def state_shapes(self, group, p):
        shapes = super().state_shapes(group, p)
        return {**shapes, **{name + SCALE: (blocks(p.numel()),) for name in shapes}}

    def recode(self, arrays):
        return encoded(arrays, CODES)


class AdamW8bit(Adam8bit):
    """AdamW on the state of `Adam8bit`.

        m, v ← decoded;  θ, m, v ← as in AdamW;  codes of m, v ← encoded anew

    Dettmers et al. (2022); Loshchilov & Hutter (2019). Arguments and defaults are those of `AdamW`.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=1e-2,
        amsgrad=False,
        *,
        maximize=False,
        foreach=None,
        capturable=False,
        differentiable=False,
        fused=None,
    ):
        flags = {"foreach": foreach, "capturable": capturable, "differentiable": differentiable, "fused": fused}
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True, **flags
        )
