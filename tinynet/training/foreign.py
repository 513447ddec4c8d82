"""Model files of other libraries, known by how they begin, and how to make a safetensors file of them."""

import re

_TORCH = (
    "a checkpoint of PyTorch, a pickle, which can run code, so it is not opened. In PyTorch: "
    "safetensors.torch.save_file(torch.load(path, weights_only=True), 'model.safetensors')"
)
_ONNX = (
    "an ONNX graph. Its weights, with the package onnx: safetensors.numpy.save_file({t.name: "
    "onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}, 'model.safetensors')"
)
_NUMPY = "an archive of NumPy. Its arrays: safetensors.numpy.save_file(dict(np.load(path)), 'model.safetensors')"
_KINDS = [
    (rb"PK\x03\x04.{26}[^/\0]{1,200}/(data|constants|byteorder|version|\.)", _TORCH),
    (rb"PK\x03\x04.{26}[^/\0]{1,200}\.npy", _NUMPY),
    (rb"PK\x03\x04.{26}(metadata|config)\.json", "a model of Keras (.keras)"),
    (rb"PK\x03\x04", "a zip archive"),
    (rb"\x80[\x02-\x05]", _TORCH),
    (rb"\x08[\x01-\x20](\x12|:|\x1a|B)", _ONNX),
    (rb"\x89HDF\r\n", "an HDF5 file (.h5), such as Keras writes"),
    (rb"\x93NUMPY", "an array of NumPy (.npy)"),
    (rb"GGUF", "a GGUF file, as llama.cpp reads it"),
    (rb".{4}TFL3", "a model of TensorFlow Lite"),
    (rb"\x1f\x8b", "a file compressed with gzip"),
]


def description(head):
    """What a file is that begins with these bytes, and what to do with it; None if that is not known."""
    return next((text for pattern, text in _KINDS if re.match(pattern, head, re.DOTALL)), None)
