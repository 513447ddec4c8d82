"""What `tinynet.onnx` is without the package onnx: there, and an error that says what to install."""

import sys

import pytest

import tinynet as tn
from tinynet import nn


def test_export_without_onnx_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r'pip install -e "\.\[onnx\]" in the clone'):
        tn.onnx.export(nn.Linear(2, 1), tn.ones(1, 2), tmp_path / "model.onnx")


def test_the_functions_that_are_translated_have_their_arguments():
    from tinynet.onnx.translators import SEAMS

    assert len(SEAMS) > 100 and all(id(seam.function.__code__) == key for key, seam in SEAMS.items())
