"""Calls with bad arguments, over the whole public interface, and what is to be expected of each.

    python tests/support/bad_calls.py 100000         # so many calls at random; prints those that end badly

A call is one of `CALLS` with one or two of its arguments replaced by a value of `BAD`, or with too many or too few. It
may work, for what is bad in one place is good in another. But where it fails, it is by a `raise` of ours that says what
was expected, soon, and without having changed an argument or a state: not by an attribute that a list has not, nor in
the depths of NumPy or Numba.
"""

import ast
import functools
import pathlib
import random
import re
import signal
import sys
import traceback
import warnings

import numpy as np

import tinynet as tn
import tinynet.utils.data as D  # noqa: F401
from tinynet import nn, optim
from tinynet.nn import functional as F  # noqa: F401 - these are named in `CALLS`
from tinynet.nn import init, utils  # noqa: F401
from tinynet.optim import lr_scheduler, schedules, swa_utils  # noqa: F401

# Good calls, as text: a callable, and its arguments
CALLS = """
    tn.add tn.sub                          : x(2, 3), x(2, 3), alpha=2
    tn.mul tn.div tn.maximum tn.minimum    : x(2, 3), x(2, 3)
    tn.remainder tn.floor_divide tn.pow tn.eq tn.lt tn.logical_and : x(2, 3), x(2, 3)
    Tensor.add Tensor.mul Tensor.__add__ Tensor.__rsub__ Tensor.__truediv__ Tensor.__lt__ : x(2, 3), 2
    Tensor.__and__ Tensor.__or__           : i(1, 2), 2
    tn.neg tn.abs tn.sign tn.floor tn.exp tn.log tn.sqrt tn.sin tn.square tn.rsqrt tn.reciprocal tn.clone : x(2, 3)
    tn.logical_not tn.isnan tn.isfinite tn.relu tn.sigmoid tn.tanh tn.t : x(2, 3)
    tn.tan tn.acos tn.sinh tn.exp2 tn.log10 tn.erf tn.lgamma tn.sgn tn.trunc tn.sinc tn.msort : x(2, 3)
    tn.atan2 tn.hypot tn.logaddexp tn.xlogy tn.copysign tn.heaviside tn.fmax tn.fmod tn.dist : x(2, 3), x(2, 3)
    tn.gcd tn.lcm                          : i(1, 2), i(2, 4)
    tn.round                               : x(2, 3), decimals=1
    tn.logit                               : x(2, 3), 0.1
    tn.nan_to_num                          : x(2, 3), 0.0, 1.0, -1.0
    tn.lerp Tensor.lerp_                   : x(2, 3), x(2, 3), 0.3
    tn.addcmul tn.addcdiv                  : x(2, 3), x(2, 3), x(2, 3), value=2
    tn.clamp                               : x(2, 3), x(2, 3), x(2, 3)
    tn.clip                                : x(2, 3), 0.5, 1
    tn.clamp_min tn.clamp_max              : x(2, 3), 0.5
    tn.polygamma                           : 2, x(2, 3)
    tn.mvlgamma                            : x(2, 3), 2
    tn.igamma tn.igammac                   : x(2, 3), x(2, 3)
    tn.binomial                            : i(1, 2).float(), x(2).sigmoid(), None
    tn.isclose tn.allclose                 : x(2, 3), x(2, 3), 1e-5, 1e-8, True
    tn.equal                               : x(2, 3), x(2, 3)
    tn.amax tn.amin tn.prod tn.logsumexp tn.nansum tn.nanmean tn.median tn.nanmedian tn.mode : x(2, 3), 1, True
    tn.count_nonzero tn.cumsum tn.cumprod tn.cummax tn.logcumsumexp : x(2, 3), 1
    tn.aminmax                             : x(2, 3), dim=1, keepdim=True
    tn.std_mean tn.var_mean                : x(2, 3), 1, True, False
    tn.select_scatter                      : x(2, 3), x(2), 1, 2
    tn.slice_scatter                       : x(2, 3), x(2, 2), 1, 0, 2, 1
    tn.diagonal_scatter                    : x(2, 3), x(2), 1, 0, 1
    tn.index_reduce                        : x(2, 3), 1, i(1, 2), x(2, 2), 'amax'
    tn.renorm                              : x(2, 3), 2, 0, 1.0
    tn.cov                                 : x(2, 3), correction=1, fweights=i(1, 2, 1)
    tn.gradient                            : x(2, 3), spacing=0.5, dim=1, edge_order=1
    tn.frexp tn.angle tn.corrcoef tn.conj tn.adjoint : x(2, 3)
    tn.unravel_index                       : i(1, 2), (2, 3)
    Tensor.contiguous                      : x(2, 3, 2, 2), memory_format=tn.channels_last
    tn.linalg.qr                           : x(2, 3), 'complete'
    tn.linalg.svd                          : x(2, 3), False, driver='gesvd'
    tn.linalg.lu tn.linalg.lu_factor       : x(2, 3)
    tn.linalg.lu_solve                     : x(2, 2), i(2, 2).int(), x(2, 2), left=False, adjoint=True
    tn.linalg.ldl_factor                   : x(2, 2), hermitian=True
    tn.linalg.ldl_factor_ex                : x(2, 2), hermitian=True, check_errors=True
    tn.linalg.ldl_solve                    : x(2, 2), i(1, 2).int(), x(2, 2), hermitian=True
    tn.geqrf                               : x(3, 2)
    tn.orgqr tn.linalg.householder_product : x(3, 2), x(2)
    tn.ormqr                               : x(3, 2), x(2), x(3, 2), True, True
    tn.nonzero_static                      : x(2, 3), size=2, fill_value=1
    tn.as_strided_scatter                  : x(2, 3), x(2), (2,), (1,), 0
    tn.svd                                 : x(2, 3), True, False
    tn.linalg.eigh tn.linalg.eigvalsh      : x(2, 2), 'U'
    tn.linalg.lstsq                        : x(3, 2), x(3, 2), 0.1, driver='gelsd'
    tn.linalg.pinv tn.linalg.matrix_rank   : x(2, 3), atol=0.1, rtol=0.1, hermitian=False
    tn.matrix_power                        : x(2, 2), 3
    tn.matrix_exp tn.slogdet tn.pinverse   : x(2, 2)
    tn.linalg.cond                         : x(2, 2), 'fro'
    tn.linalg.tensorinv                    : x(4, 2, 2), 1
    tn.linalg.tensorsolve                  : x(2, 2, 4), x(2, 2), (0,)
    tn.vander                              : x(3), 2, True
    tn.norm                                : x(2, 3), 2, 1, True
    tn.linalg.norm                         : x(2, 3), 1, (0, 1), True
    tn.linalg.vector_norm                  : x(2, 3), 2, 1, True
    tn.quantile tn.nanquantile             : x(2, 3), 0.5, 1, True, interpolation="linear"
    tn.sort tn.argsort                     : x(2, 3), 1, True, stable=True
    tn.topk                                : x(2, 3), 2, 1, True, True
    tn.kthvalue                            : x(2, 3), 2, 1, True
    tn.unique                              : i(1, 2), True, True, True, 0
    tn.unique_consecutive                  : i(1, 2), True, True, 0
    tn.searchsorted                        : x(3), x(2, 3), out_int32=True, right=True
    tn.bucketize                           : x(2, 3), x(3), right=True
    tn.histc                               : x(2, 3), 4, 0, 1
    tn.bincount                            : i(1, 2), x(2), 3
    tn.isin                                : i(1, 2), i(2, 2), invert=True
    tn.diff                                : x(2, 3), 1, 1, x(2, 3), x(2, 3)
    tn.trapezoid                           : x(2, 3), x(3), dim=1
    tn.clamp                               : x(2, 3), 0.5, 1
    tn.clamp                               : i(1, 2), 1, 2
    tn.add tn.pow tn.maximum tn.floor_divide : i(1, 2), i(2, 2)
    tn.sum tn.max tn.argmax tn.any         : i([1, 2], [3, 4]), 1, True
    Tensor.fill_ Tensor.add_               : i(1, 2), 3
    tn.full_like                           : i(1, 2), 3
    Tensor.__setitem__                     : i([1, 2], [3, 4]), (slice(0, 1), [0, 1]), 5
    Tensor.__getitem__                     : x(2, 3), ([0, 1], range(2), None, ...)
    tn.where                               : x(2, 3) > 1, x(2, 3), x(2, 3)
    tn.masked_fill                         : x(2, 3), x(2, 3) > 1, 2.0
    Tensor.masked_fill_                    : x(2, 3), x(2, 3) > 1, 2.0
    Tensor.add_ Tensor.mul_ Tensor.div_ Tensor.pow_ : x(2, 3), 2
    Tensor.clamp_                          : x(2, 3), 0.5, 1
    Tensor.fill_                           : x(2, 3), 2.0
    Tensor.copy_                           : x(2, 3), x(2, 3)
    tn.reshape Tensor.view Tensor.expand   : x(2, 3), 2, 3
    tn.reshape tn.broadcast_to             : x(2, 3), (2, 3)
    tn.flatten                             : x(2, 3), 0, 1
    tn.permute                             : x(2, 3), (1, 0)
    tn.transpose                           : x(2, 3), 0, 1
    tn.squeeze tn.unsqueeze                : x(2, 1), 1
    tn.cat tn.stack                        : [x(2, 3), x(2, 3)], 1
    tn.hstack tn.vstack tn.dstack tn.column_stack : [x(2, 3), x(2, 3)]
    tn.block_diag tn.broadcast_tensors tn.meshgrid tn.cartesian_prod : x(2), x(2)
    tn.movedim tn.swapaxes tn.rot90        : x(2, 3), 0, 1
    tn.flip tn.tile Tensor.roll            : x(2, 3), (1, 0)
    tn.roll                                : x(2, 3), (1, 2), (0, 1)
    tn.unflatten                           : x(2, 4), 1, (2, -1)
    Tensor.unfold                          : x(2, 3), 1, 2, 1
    tn.diagonal tn.diag_embed              : x(2, 3), 1, 0, 1
    tn.diag tn.diagflat                    : x(2), 1
    tn.trace tn.nonzero tn.argwhere        : x(2, 2)
    tn.tensor_split                        : x(2, 3), 2, 1
    tn.tensor_split                        : x(2, 3), (1, 2), 1
    tn.hsplit tn.vsplit                    : x(2, 2), 2
    tn.combinations                        : x(3), 2, True
    tn.tril_indices tn.triu_indices        : 2, 3, 1
    F.pad                                  : x(1, 2, 3), (1, 1), "reflect"
    F.pad                                  : x(2, 3), (1, 0, -1, 2), "constant", 1.5
    tn.scatter tn.scatter_add              : x(2, 3), 1, i([0, 1], [1, 0]), x(2, 2)
    tn.scatter                             : x(2, 3), 1, i([0, 1], [1, 0]), 2.0
    tn.scatter_reduce                      : x(2, 3), 1, i([0, 1], [1, 0]), x(2, 2), "amax", include_self=False
    tn.index_select                        : x(2, 3), 1, i(0, 1)
    tn.index_fill                          : x(2, 3), 1, i(0, 1), 1.5
    tn.index_add                           : x(2, 3), 1, i(0, 1), x(2, 2), alpha=2
    tn.index_copy                          : x(2, 3), 1, i(0, 1), x(2, 2)
    tn.index_put                           : x(2, 3), (i(0, 1), i(1, 1)), x(2), True
    tn.take tn.take_along_dim              : x(2, 3), i([0, 1], [1, 0])
    tn.masked_select                       : x(2, 3), x(2, 3) > 1
    tn.masked_scatter                      : x(2, 3), x(2, 3) > 1, x(2, 3)
    Tensor.put                             : x(2, 3), i(0, 1), x(2), True
    tn.select                              : x(2, 3), 1, 0
    tn.mm tn.inner tn.kron                 : x(2, 2), x(2, 2)
    tn.bmm                                 : x(2, 2, 3), x(2, 3, 2)
    tn.mv                                  : x(2, 3), x(3)
    tn.dot tn.outer tn.vdot                : x(3), x(3)
    tn.addmm                               : x(2, 2), x(2, 3), x(3, 2), beta=2, alpha=2
    tn.addr                                : x(2, 3), x(2), x(3), beta=2, alpha=2
    tn.baddbmm tn.addbmm                   : x(2, 2), x(2, 2, 3), x(2, 3, 2), beta=2, alpha=2
    tn.cross                               : x(2, 3), x(2, 3), 1
    tn.cdist                               : x(2, 3), x(4, 3), 1.0
    tn.chain_matmul                        : x(2, 3), x(3, 2)
    tn.linalg.multi_dot                    : [x(2, 3), x(3, 2)]
    tn.inverse tn.det tn.logdet            : x(1, 1)
    tn.linalg.solve                        : x(1, 1), x(1, 1), left=True
    tn.linalg.solve_triangular             : x(1, 1), x(1, 1), upper=True, left=True, unitriangular=False
    tn.linalg.cholesky                     : x(1, 1), upper=True
    tn.cholesky_inverse                    : x(1, 1), True
    tn.cholesky_solve                      : x(1, 1), x(1, 1), True
    F.pixel_shuffle tn.channel_shuffle     : x(1, 4, 2, 2), 2
    F.pixel_unshuffle                      : x(1, 1, 2, 4), 2
    F.local_response_norm                  : x(1, 4, 2), 3, 0.1, 0.5, 1.0
    F.bilinear                             : x(2, 3), x(2, 4), x(5, 3, 4), x(5)
    F.embedding_bag                        : i(1, 0, 1), x(3, 2), i(0, 2), mode="sum", padding_idx=1
    init.trunc_normal_                     : x(2, 3), 0.0, 1.0, -2.0, 2.0
    init.orthogonal_                       : x(2, 3), 2.0
    init.sparse_                           : x(2, 3), 0.5, 0.1
    init.dirac_                            : x(2, 3, 3), 1
    utils.vector_to_parameters             : x(6), [x(2, 3)]
    tn.einsum                              : "ij,jk->ik", x(2, 3), x(3, 2)
    tn.tensordot                           : x(2, 3), x(3, 2), ([1], [0])
    tn.normal                              : x(2, 3), 1.0
    tn.normal                              : 0.0, 1.0, (2, 3)
    tn.logspace                            : 0, 2, 3, 2.0
    tn.poisson                             : x(2, 3)
    F.gumbel_softmax                       : x(2, 3), 0.5, True, 1e-10, 1
    Tensor.exponential_ Tensor.geometric_  : x(2, 3), 0.5
    Tensor.cauchy_ Tensor.log_normal_      : x(2, 3), 0.5, 1.0
    Tensor.random_                         : x(2, 3), 1, 5
    Tensor.bernoulli_                      : x(2, 3), 0.5
    tn.gather                              : x(2, 3), 1, i([0, 1], [1, 0])
    tn.narrow                              : x(2, 3), 1, 0, 2
    tn.split tn.chunk                      : x(2, 3), 2, 1
    tn.split                               : x(2, 3), [1, 2], 1
    tn.unbind                              : x(2, 3), 1
    tn.tril tn.triu                        : x(2, 3), 1
    Tensor.repeat                          : x(2, 3), 2, 1
    tn.repeat_interleave                   : x(2, 3), 2, 1
    tn.repeat_interleave                   : x(2, 3), i(2, 1), 0
    tn.sum tn.mean                         : x(2, 3), 1, True, dtype=tn.float32
    tn.var tn.std                          : x(2, 3), 1, False, True
    tn.var tn.std                          : x(2, 3), 1, correction=1, keepdim=True
    tn.max tn.min tn.argmax tn.argmin tn.any tn.all : x(2, 3), 1, True
    tn.matmul                              : x(2, 3), x(3, 2)
    tn.softmax tn.log_softmax              : x(2, 3), 1, tn.float32
    F.softmax F.log_softmax                : x(2, 3), 1, 3, tn.float32
    tn.rand tn.randn tn.zeros tn.ones tn.empty : 2, 3, dtype=tn.float32, requires_grad=False
    tn.zeros tn.rand                       : (2, 3), device="cpu"
    tn.full                                : (2, 3), 1.5, dtype=tn.float32
    tn.zeros_like tn.empty_like tn.ones_like : x(2, 3), dtype=tn.float32, requires_grad=False
    tn.full_like                           : x(2, 3), 1.5
    tn.rand_like tn.randn_like             : x(2, 3)
    tn.randint                             : 0, 5, (2, 3)
    tn.randperm                            : 5
    tn.bernoulli                           : x(2, 3) / 9, 0.5, generator=tn.Generator(1)
    tn.multinomial                         : x(2, 3), 2, False
    tn.tensor                              : [1.0, 2.0], dtype=tn.float32, requires_grad=False
    tn.as_tensor                           : [1.0, 2.0], tn.float32, "cpu"
    tn.from_numpy                          : np.ones(2, np.float32)
    tn.from_dlpack                         : x(2, 3)
    tn.arange tn.linspace                  : 0, 5, 2
    tn.eye                                 : 2, 3
    tn.manual_seed tn.Generator            : 1
    tn.set_rng_state                       : (1, 2)
    tn.set_grad_enabled                    : True
    tn.device                              : "cuda", 0
    Tensor.uniform_ Tensor.normal_         : x(2, 3), 0.0, 1.0
    Tensor.__getitem__                     : x(2, 3), (0, i(0, 1))
    Tensor.__setitem__                     : x(2, 3), (0, 1), 2.0
    Tensor.size Tensor.stride              : x(2, 3), 1
    Tensor.to                              : x(2, 3), "cpu", tn.float64
    Tensor.sum_to_size                     : x(2, 3), (1, 3)
    Tensor.expand_as                       : x(1, 3), x(2, 3)
    Tensor.requires_grad_                  : x(2, 3), True
    Tensor.register_hook                   : leaf(2), abs
    Tensor.backward                        : leaf(2).sum(), tn.tensor(1.0), True, False
    tn.autograd.grad                       : leaf(2).sum(), [leaf(2)], None, True, False, True, True
    tn.autograd.backward                   : [leaf(2).sum()], [None], True, False
    F.linear                               : x(2, 3), x(4, 3), x(4)
    F.relu                                 : x(2, 3), False
    F.gelu                                 : x(2, 3), approximate="tanh"
    F.dropout                              : x(2, 3), 0.5, True, False
    F.conv1d                               : x(1, 2, 8), x(2, 1, 3), x(2), 1, 1, 1, 2
    F.conv2d                               : x(1, 2, 6, 6), x(2, 1, 3, 3), x(2), 1, 1, 1, 2
    F.conv2d                               : x(1, 2, 6, 6), x(2, 2, 3, 3), None, (1, 1), "same"
    F.conv_transpose1d                     : x(1, 2, 8), x(2, 1, 3), x(2), 2, 1, 1, 2, 1
    F.conv_transpose2d                     : x(1, 2, 5, 5), x(2, 1, 3, 3), x(2), 2, 1, 1, 2, 1
    F.max_pool1d                           : x(1, 2, 8), 2, 2, 0, 1, False, False
    F.max_pool2d                           : x(1, 2, 6, 6), 2, 2, 0, 1, False, True
    F.avg_pool1d                           : x(1, 2, 8), 2, 2, 0, False, True
    F.avg_pool2d                           : x(1, 2, 6, 6), 2, 2, 0, False, True, 3
    F.conv3d                               : x(1, 2, 4, 4, 4), x(2, 1, 2, 2, 2), x(2), 1, 1, 1, 2
    F.conv_transpose3d                     : x(1, 2, 3, 3, 3), x(2, 1, 2, 2, 2), x(2), 2, 0, 1, 2, 1
    F.max_pool3d                           : x(1, 2, 4, 4, 4), 2, 2, 0, 1, False, True
    F.avg_pool3d                           : x(1, 2, 4, 4, 4), 2, 2, 0, False, True, 3
    F.adaptive_max_pool2d                  : x(1, 2, 6, 6), (2, None), True
    F.adaptive_max_pool3d F.adaptive_avg_pool3d : x(1, 2, 3, 3, 3), (2, None, 1)
    F.max_unpool1d                         : x(1, 2, 2), i([[0, 2], [1, 3]]), 2, 2, 0, (4,)
    F.lp_pool2d                            : x(1, 2, 6, 6), 2, (2, 3), 1, True
    F.fractional_max_pool2d                : x(1, 2, 6, 6), 2, (3, 2), None, True, x(1, 2, 2) / 9
    F.grid_sample                          : x(1, 2, 3, 3), x(1, 2, 2, 2), "bicubic", "border", True
    F.affine_grid                          : x(1, 2, 3), (1, 1, 3, 4), False
    F.interpolate                          : x(1, 2, 3, 3), None, (2, 0.5), "bicubic", True, None, True
    F.unfold                               : x(1, 2, 6, 6), (2, 3), 1, (1, 0), 2
    F.fold                                 : x(1, 8, 4), (3, 3), 2, 1, 0, 1
    nn.Conv3d                              : 2, 4, 3, 1, "same", 1, 2, False, "circular"
    nn.AdaptiveMaxPool2d                   : (2, None), True
    F.adaptive_avg_pool1d                  : x(1, 2, 8), 3
    F.adaptive_avg_pool2d                  : x(1, 2, 6, 6), (2, None)
    F.batch_norm                           : x(4, 3), x(3), x(3), x(3), x(3), True, 0.1, 1e-5
    F.layer_norm                           : x(2, 3), (3,), x(3), x(3), 1e-5
    F.rms_norm                             : x(2, 3), (3,), x(3), 1e-5
    F.embedding                            : i(0, 2), x(3, 2), 1, 2.0, 2.0, False, False
    F.one_hot                              : i(0, 2), 3
    F.scaled_dot_product_attention         : x(1, 4, 2), x(1, 4, 2), x(1, 4, 2), x(4, 4), 0.0, False, scale=1.0
    F.cross_entropy                        : x(2, 3), i(0, 2), x(3), None, -100, None, "mean", 0.1
    F.nll_loss                             : x(2, 3), i(0, 2), x(3), None, -100, None, "sum"
    F.mse_loss                             : x(2, 3), x(2, 3), None, None, "mean"
    F.binary_cross_entropy_with_logits     : x(2, 3), x(2, 3), x(3), None, None, "mean", x(3)
    init.uniform_ init.normal_             : x(2, 3), 0.0, 1.0
    init.constant_                         : x(2, 3), 0.5
    init.xavier_uniform_ init.xavier_normal_ : x(2, 3), 1.0
    init.kaiming_uniform_ init.kaiming_normal_ : x(2, 3), 0, "fan_in", "leaky_relu"
    init.calculate_gain                    : "leaky_relu", 0.1
    utils.clip_grad_norm_                        : parameters(), 1.0, 2.0, False
    utils.clip_grads_with_norm_                  : parameters(), 1.0, 2.0
    utils.clip_grad_value_                       : parameters(), 1.0
    utils.get_total_norm                         : [x(3)], 2.0, False
    nn.Linear                              : 3, 2, True
    nn.Conv1d nn.Conv2d                    : 2, 4, 3, 1, 1, 1, 2, True, "zeros"
    nn.ConvTranspose1d nn.ConvTranspose2d  : 2, 4, 3, 2, 1, 1, 2, True, 1
    nn.MaxPool1d nn.MaxPool2d              : 2, 2, 0, 1, False, False
    nn.AvgPool1d nn.AvgPool2d              : 2, 2, 0, False, True
    nn.AdaptiveAvgPool1d nn.AdaptiveAvgPool2d : 2
    nn.BatchNorm1d nn.BatchNorm2d          : 3, 1e-5, 0.1, True, True
    nn.LayerNorm                           : (2, 3), 1e-5, True, True
    nn.RMSNorm                             : 3, 1e-5, True
    nn.Embedding                           : 5, 3, 1, 2.0, 2.0, False, False
    nn.MultiheadAttention                  : 4, 2, 0.0, True, False, False, 4, 4, True
    nn.CrossEntropyLoss                    : x(3), None, -100, None, "mean", 0.1
    nn.NLLLoss                             : x(3), None, -100, None, "mean"
    nn.MSELoss                             : None, None, "mean"
    nn.BCEWithLogitsLoss                   : x(3), None, None, "mean", x(3)
    nn.Dropout                             : 0.5, False
    nn.Softmax nn.LogSoftmax               : 1
    nn.GELU                                : "tanh"
    nn.ReLU                                : False
    nn.Flatten                             : 1, -1
    nn.Parameter                           : x(3), True
    nn.Sequential                          : nn.ReLU(), nn.Tanh()
    nn.ModuleList                          : [nn.ReLU(), nn.Tanh()]
    nn.Linear(3,2) nn.LayerNorm(3) nn.BatchNorm1d(3) nn.RMSNorm(3) nn.ReLU() nn.Dropout() nn.Flatten() model() : x(4, 3)
    nn.Conv2d(2,2,3) nn.MaxPool2d(2) nn.AvgPool2d(2) nn.BatchNorm2d(2) nn.AdaptiveAvgPool2d(2) : x(1, 2, 6, 6)
    nn.Embedding(3,2)                      : i(0, 2)
    nn.MultiheadAttention(4,2)             : x(3, 1, 4), x(3, 1, 4), x(3, 1, 4), None, True, None, True, False
    nn.CrossEntropyLoss() nn.NLLLoss()     : x(2, 3), i(0, 2)
    model().train model().requires_grad_ model().zero_grad : True
    model().load_state_dict                : model().state_dict(), True
    model().to                             : tn.float64
    optim.SGD                              : parameters(), 0.1, 0.9, 0.0, 0.1, False
    optim.Adam optim.AdamW optim.Adamax optim.NAdam optim.RAdam : parameters(), 1e-3, (0.9, 0.999), 1e-8, 0.1
    optim.RMSprop optim.Adadelta           : parameters(), 1e-3, 0.9, 1e-8, 0.1
    optim.Adagrad optim.ASGD               : parameters(), 1e-3, 0.1, 0.1, 0.1
    optim.Rprop                            : parameters(), 1e-3, (0.5, 1.2), (1e-6, 50)
    optim.Lion optim.Adan optim.LAMB optim.Yogi optim.AdaBelief optim.Adafactor optim.Prodigy : parameters(), 1e-3
    optim.LBFGS                            : parameters(), 1, 5, 6, 1e-7, 1e-9, 3, None
    lr_scheduler.StepLR                    : adam(), 3, 0.1, -1
    lr_scheduler.MultiStepLR               : adam(), [3, 5], 0.1, -1
    lr_scheduler.ConstantLR                : adam(), 0.5, 5, -1
    lr_scheduler.LinearLR                  : adam(), 0.5, 1.0, 5, -1
    lr_scheduler.ExponentialLR             : adam(), 0.9, -1
    lr_scheduler.PolynomialLR              : adam(), 5, 1.0, -1
    lr_scheduler.CosineAnnealingLR         : adam(), 5, 0.0, -1
    lr_scheduler.CosineAnnealingWarmRestarts : adam(), 5, 2, 0.0, -1
    lr_scheduler.CyclicLR                  : adam(), 0.1, 0.2, 5, 5, "triangular", 1.0, None, "cycle", False
    lr_scheduler.OneCycleLR                : adam(), 0.1, 10, None, None, 0.3, "cos", False
    lr_scheduler.ReduceLROnPlateau         : adam(), "min", 0.1, 5, 1e-4, "rel", 0, 0, 1e-8
    lr_scheduler.LambdaLR lr_scheduler.MultiplicativeLR : adam(), abs, -1
    lr_scheduler.SWALR                     : adam(), 0.1, 5, "cos", -1
    swa_utils.AveragedModel                : model(), None, None, None, False
    swa_utils.get_ema_multi_avg_fn         : 0.9
    schedules.constant                     : 1.0, 5
    schedules.warmup                       : 5, 0.0, 1.0
    schedules.cosine schedules.linear      : 5, 1.0, 0.0
    schedules.polynomial                   : 5, 1.0, 1.0, 0.0
    schedules.exponential                  : 0.9, 1.0, 5
    schedules.step                         : 5, 0.1, 1.0
    schedules.cosine_restarts              : 5, 2, 1.0, 0.0
    schedules.one_cycle                    : 10, 1.0, 0.3, 25.0, 1e4, "cos", False
    schedules.cyclic                       : 5, 5, 0.0, 1.0, "triangular", 1.0
    schedules.inverse_sqrt                 : 5, 1.0
    schedules.warmup_stable_decay          : 2, 3, 4, 1.0, 0.0
    schedules.piecewise                    : {0: 1.0, 5: 0.5}, "linear"
    D.TensorDataset                        : x(4, 3), x(4)
    D.DataLoader                           : D.TensorDataset(x(4, 3)), 2, True, num_workers=0, collate_fn=list
    D.DataLoader : [1, 2], 2, None, [1], None, 0, None, False, True, 0, None, None, tn.Generator(1)
    D.DataLoader : [1, 2], batch_sampler=[[0], [1]], num_workers=1, prefetch_factor=2, timeout=5
    D.DataLoader                           : [1], None, num_workers=1, multiprocessing_context="spawn", in_order=False
    D.ConcatDataset                        : [[1, 2], [3]]
    D.ChainDataset                         : [[1, 2], [3]]
    D.StackDataset                         : [1, 2], x(2, 3)
    D.SequentialSampler                    : [1, 2]
    D.RandomSampler                        : [1, 2], True, 3, tn.Generator(1)
    D.SubsetRandomSampler                  : [1, 2], tn.Generator(1)
    D.WeightedRandomSampler                : [0.5, 1.0], 2, False, tn.Generator(1)
    D.BatchSampler                         : [1, 2], 2, True
    D.DistributedSampler                   : [1, 2, 3], 2, 1, True, 3, True
    D.Subset                               : D.TensorDataset(x(4, 3)), [0, 2]
    D.random_split                         : D.TensorDataset(x(4, 3)), [1, 3], tn.Generator(1)
"""

BAD = """
    None True 0 -1 7 1.0 2.5 -0.5 -2**31 2**31 2**62 -2**63 2**63 2**70 10**400 float('nan') float('inf') -float('inf')
    1j 'a' '' b'x' [] () [1] (0,1) [[1,2],[3]] [None] (2**40,2**40) (-1,-1) (2.5,1) ['a'] {} {1} {'a':1}
    object() nested() range(3) slice(0,1) slice('a',None) ... int abs iter([1]) tn.float32 tn.Generator(3)
    np.array([1,2]) np.array('a') np.array([1,None]) np.ones(2,np.float16) np.float32(1.5) np.int64(1) np.bool_(True)
    np.datetime64('2020-01-01') i(1) tn.tensor(1) tn.tensor(1.5) tn.tensor(True) x(0) x(2,3,4) x(2,3)>1 x(2,3).double()
    i([0,5],[-7,1]) leaf(2,3)
""".split()


def x(*shape):
    return (tn.arange(1, 1 + int(np.prod(shape))).float() / 7).reshape(shape)


def i(*values):
    return tn.tensor(values)


def leaf(*shape):
    return x(*shape).requires_grad_()


def parameters():
    p = nn.Parameter(tn.ones(3))
    (p * p).sum().backward()
    return [p]


def adam():
    return optim.Adam(parameters())


def model():
    return nn.Sequential(nn.Linear(3, 2), nn.ReLU())


def nested():
    out = []
    for _ in range(2000):
        out = [out]
    return out


NAMES = {**globals(), "Tensor": tn.Tensor}


@functools.cache
def compiled(text):
    return compile(text, "<call>", "eval")


def value_of(text):
    return eval(compiled(text), NAMES)


def parsed():
    """(callable, arguments by position, by name), all as text, of each good call."""
    for line in filter(str.strip, CALLS.splitlines()):
        functions, _, arguments = line.partition(" : ")
        call = ast.parse(f"f({arguments})", mode="eval").body
        positional = [ast.unparse(a) for a in call.args]
        for name in functions.split():
            yield name, positional, {k.arg: ast.unparse(k.value) for k in call.keywords}


GOOD = list(parsed())


def bad_call(random):
    """(callable, arguments by position, by name) as text: a good call with something bad in it."""
    name, positional, named = random.choice(GOOD)
    positional, named = list(positional), dict(named)
    kind = random.random()
    if kind < 0.05:
        positional.append(random.choice(BAD))
    elif kind < 0.1 and positional:
        positional.pop()
    else:
        first = name.startswith("Tensor.") and len(positional) > 1  # the tensor itself stays
        for _ in range(1 if kind < 0.8 else 2):
            at = random.randrange(first, len(positional) + len(named))
            if at < len(positional):
                positional[at] = random.choice(BAD)
            else:
                named[sorted(named)[at - len(positional)]] = random.choice(BAD)
    return name, positional, named


# What is to be expected


class TooLong(BaseException):
    """A call took longer than `SECONDS`, and longer than a kernel takes to be compiled."""


SECONDS = 20
PACKAGE = pathlib.Path(tn.__file__).parent


@functools.cache
def raises(filename):
    """The lines of a file that belong to `raise` statements."""
    tree = ast.parse(pathlib.Path(filename).read_text(encoding="utf-8"))
    found = [range(n.lineno, n.end_lineno + 1) for n in ast.walk(tree) if isinstance(n, ast.Raise)]
    return {line for lines in found for line in lines}


def complaint(error):
    """What is wrong with an error, or None."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    message = str(error)
    if isinstance(error, TypeError) and re.match(
        r"[\w.<>]+\(\) (takes|missing|got an unexpected|got multiple)", message
    ):
        return None  # Python itself: arguments are too many or too few
    if not last.filename.startswith(str(PACKAGE)):
        return f"inside {last.filename}"
    if last.lineno not in raises(last.filename):
        return f"raised by no `raise` of ours, at {last.filename}:{last.lineno}"
    if "has no attribute" in message or len(message) > 600:
        return "an unclear message"
    return None


def state(value):
    """All there is to see of an argument."""
    if isinstance(value, tn.Tensor):
        return value.array.tobytes(), value.shape, value.dtype, value.requires_grad
    if isinstance(value, np.ndarray):
        return value.tobytes(), value.shape, value.dtype
    if isinstance(value, nn.Module):
        return [state(t) for t in value.state_dict().values()], value.training
    if isinstance(value, optim.Optimizer):
        return [state(p) for group in value.param_groups for p in group["params"]], value.param_groups[0]["lr"]
    if isinstance(value, list | tuple) and len(value) < 9:
        return [state(v) for v in value[:1] if isinstance(v, tn.Tensor)] or len(value)
    return None


def world():
    return tn.get_rng_state(), tn.is_grad_enabled()


def try_call(name, positional, named):
    """What was wrong with the call, or None."""
    target, args = value_of(name), [value_of(a) for a in positional]
    options = {key: value_of(a) for key, a in named.items()}
    if name.startswith("F."):  # with gradients
        for a in args:
            if isinstance(a, tn.Tensor) and a.is_floating_point():
                a.requires_grad_()
    before = [state(a) for a in args], world()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = target(*args, **options)
            if name.startswith("F.") and isinstance(out, tn.Tensor) and out.requires_grad:
                out.sum().backward()
        found = None
    except Exception as error:
        found = complaint(error)
        found = found and f"{found}\n    {type(error).__name__}: {str(error)[:300]}"
        if found is None and ([state(a) for a in args], world()) != before:
            found = f"an argument or a state has changed, by {error}"
    finally:
        tn.autograd.graph.mode.enabled = True
        tn.set_rng_state((1, 2))
    return found


def text_of(name, positional, named):
    return f"{name}({', '.join([*positional, *(f'{k}={v}' for k, v in named.items())])})"


def main(calls, seed, names=""):
    """Try many calls, and print those that end badly, each kind once."""

    def stop(*_):
        raise TooLong

    signal.signal(signal.SIGALRM, stop)
    choose, seen = random.Random(seed), {}
    for _ in range(calls):
        call = bad_call(choose)
        if not re.match(names, call[0]):
            continue
        signal.alarm(SECONDS)
        try:
            found = try_call(*call)
        except TooLong:
            found = f"it took more than {SECONDS} s"
        signal.alarm(0)
        if found:
            key = call[0], found.partition("\n")[0]
            seen[key] = seen.get(key, 0) + 1
            if seen[key] == 1:
                print(f"{text_of(*call)}: {found}", flush=True)
    print(sum(seen.values()), "of", calls, "end badly, in", len(seen), "ways")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0, *sys.argv[3:])
