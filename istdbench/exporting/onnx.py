"""ONNX: the file, and what onnxruntime makes of it.

PyTorch has two exporters. The newer one, by `torch.export`, needs minutes to reason about the sizes of a Mamba network,
if it ends at all; a trace takes seconds. So the trace it is, and each file is run at sizes that were not traced.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable

import numpy as np
import torch

from istdbench.exporting.about import KEY, About
from istdbench.exporting.from_gray import FromGray
from istdbench.exporting.onnx_functions import DOMAIN, OPSET, SELECTIVE_SCAN, faithful_forms
from istdbench.exporting.plain_scan import PLAIN
from istdbench.ops.choice import scanning_by

LIBRARIES = ("onnx", "onnxruntime")


def write(network: FromGray, about: About) -> bytes:
    """The file: input `image`, output `score`, whose batch, height and width are free; `About` as JSON in its metadata.

    A Mamba network's file defines the function `SelectiveScan` in standard operators; any runtime that reads
    ONNX's own functions (IR version 8 and later) runs it.
    """
    import onnx
    import onnx.parser

    traced = io.BytesIO()
    axes = {0: "batch", 2: "height", 3: "width"}
    with scanning_by(PLAIN), faithful_forms(), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that sizes are traced, which is meant, and that the exporter is the older one
        torch.onnx.export(
            network,
            (network.example,),
            traced,  # type: ignore[arg-type]  # the older exporter takes a file too
            dynamo=False,
            opset_version=OPSET,
            input_names=["image"],
            output_names=["score"],
            dynamic_axes={"image": axes, "score": axes},
        )
    model = onnx.load_from_string(traced.getvalue())
    del model.graph.value_info[:]  # sizes that the trace saw
    model.graph.doc_string = about.sentence
    if any(node.domain == DOMAIN for node in model.graph.node):
        model.functions.append(onnx.parser.parse_function(SELECTIVE_SCAN))
        model.ir_version = max(model.ir_version, 8)
    model.producer_name, model.producer_version = "istdbench", about.version
    onnx.helper.set_model_props(model, {KEY: json.dumps(about.as_json())})
    onnx.checker.check_model(model)
    return model.SerializeToString()


def runner(file: bytes) -> Callable[[np.ndarray], np.ndarray]:
    """The file in onnxruntime: gray images (B, 1, H, W) to score maps, both float32."""
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return lambda image: np.asarray(session.run(None, {"image": image})[0])
