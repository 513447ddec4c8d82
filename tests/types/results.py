"""What functions and methods return, in the words of stubs; what is not named here returns a Tensor.

A name with an underscore is Python's type, which Tensor and tinynet have other things by the name of: `x.float()`.
Tests hold the operations' results against these tables (`test_types.py`).
"""

from tinynet import return_types


def _by_name(table):
    return {name: kind for kind, names in table.items() for name in names.split()}


OPERATIONS = _by_name(
    {
        "_bool": """is_tensor is_floating_point is_complex is_nonzero is_same_size is_inference can_cast allclose equal
            is_pinned is_shared is_contiguous requires_grad is_leaf is_cuda is_cpu is_meta is_mps is_nested is_quantized
            is_sparse retains_grad __bool__ __contains__""",
        "_int": """numel nelement ndimension get_device storage_offset data_ptr dim ndim element_size nbytes itemsize
            __len__ __int__ __index__ __hash__""",
        "_float": "__float__",
        "complex": "__complex__",
        "_str": "__repr__ __format__",
        "None": "backward backward_from retain_grad __setitem__ __delitem__",
        "Any": """item tolist layout size stride result_type promote_types dtype type unique unique_consecutive nonzero
            register_hook grad_fn broadcast_shapes multi_head_attention_forward __array__ __dlpack__
            __dlpack_device__ __cuda_array_interface__ __deepcopy__ __reduce_ex__""",
        "Tensor | Any": "grad where",  # of which a script knows that it is a tensor there
        "np.ndarray[Any, Any]": "numpy",
        "Iterator[Tensor]": "__iter__",
        "Size": "shape",
        "_device": "device",
        "tuple[Tensor, ...]": """split chunk unbind tensor_split hsplit vsplit dsplit split_with_sizes unsafe_split
            unsafe_chunk meshgrid
            broadcast_tensors lu""",
        "tuple[Tensor, Tensor, Tensor]": "svd_lowrank pca_lowrank",
        "tuple[Tensor, Tensor]": "std_mean var_mean",
        "list[Tensor]": "gradient",
    }
)


def of_operation(name):
    """What an operation returns: what the table says, or a named tuple if there is one of its name, or a Tensor."""
    named = name in vars(return_types) and name not in WAYS
    return OPERATIONS.get(name, f"return_types.{name}" if named else "Tensor")


MODULE = _by_name(
    {
        "Any": "forward __call__",
        "Self": "train eval requires_grad_ apply to cuda cpu float double half type to_empty",
        "Iterator[Module]": "children modules",
        "Iterator[tuple[_str, Module]]": "named_children named_modules",
        "Iterator[Parameter]": "parameters",
        "Iterator[tuple[_str, Parameter]]": "named_parameters",
        "Iterator[Tensor]": "buffers",
        "Iterator[tuple[_str, Tensor]]": "named_buffers",
        "dict[_str, Any]": "state_dict",
        "IncompatibleKeys": "load_state_dict",
        "_str": "extra_repr summary describe __repr__",
        "None": "register_parameter register_module add_module register_buffer zero_grad __setattr__ __delattr__",
        "Module": "get_submodule",
        "Parameter": "get_parameter",
        "Tensor": "get_buffer",
    }
)

# Methods of what is made of classes other than these, whatever the class
CLASSES = _by_name(
    {
        "Any": "forward step saved_tensors saved_variables",
        "None": "zero_grad reset_parameters add_param_group load_state_dict update_parameters",
        "dict[_str, Any]": "state_dict",
        "_int": "__len__",
        "_str": "__repr__ extra_repr",
        "Iterator[Any]": "__iter__",
        "Self": "from_pretrained expand",
        "Tensor": """sample rsample sample_n log_prob entropy cdf icdf enumerate_support mean stddev variance mode probs
            logits perplexity""",
    }
)

# What users override with other parameters
ANY_WAY = {"Function": "forward backward setup_context apply"}

# The ways to call what returns one thing or another; {me} stands for the tensor
_ALONG_DIM = (
    "({me}) -> Tensor",
    "({me}, dim: _int, keepdim: _bool = False) -> return_types.{name}",
    "({me}, *, axis: _int, keepdims: _bool = False) -> return_types.{name}",
)
_SWITCH = "(orig_func: None = None) -> _GradMode", "(orig_func: _F) -> _F"
WAYS = {
    "max": (*_ALONG_DIM, "({me}, other: Tensor) -> Tensor"),
    "min": (*_ALONG_DIM, "({me}, other: Tensor) -> Tensor"),
    "median": _ALONG_DIM,
    "nanmedian": _ALONG_DIM,
    "no_grad": _SWITCH,
    "enable_grad": _SWITCH,
    "inference_mode": ("(mode: _bool = True) -> _GradMode", "(mode: _F) -> _F"),
}
