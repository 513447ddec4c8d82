"""Models as files that other libraries run: `onnx.export` writes the graph of a module in the format ONNX.

    tinynet.onnx.export(model, x, "model.onnx")

It needs the package onnx: `pip install -e ".[onnx]"`. See docs/onnx.md.
"""

from .export import export

__all__ = ["export"]
