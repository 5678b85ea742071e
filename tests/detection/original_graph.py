"""Google's own graph of MoveNet, run by TensorFlow: what the Keras models are compared with."""

import json
import tarfile

import numpy as np
import tensorflow as tf
from google.protobuf import json_format

from tools.default_detector import graph_model

GRAPHS = {"thunder": "movenet-thunder", "multipose": "movenet-multipose"}

#: TensorFlow.js's fused convolutions and what they begin with.
_FUSED = {"_FusedConv2D": "Conv2D", "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative"}


def run(archive: tarfile.TarFile, model: str, image: np.ndarray) -> np.ndarray:
    """Runs a graph on an image `(H, W, 3)` uint8.

    Returns:
      `(17, 3)` of Thunder: row and column in shares of the sides, and confidence; `(6, 56)` of
      MultiPose: 17 times the same, then first row and column, last row and column, and score.
    """
    name = GRAPHS[model]
    topology = json.loads(archive.extractfile(f"package/models/{name}.json").read())
    graph_def = json_format.ParseDict(topology["modelTopology"], tf.compat.v1.GraphDef())
    arrays = graph_model.read_all(archive, name)
    graph = tf.compat.v1.GraphDef(versions=graph_def.versions)
    for node in graph_def.node:
        if node.op == "Const":
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(arrays[node.name]))
        graph.node.extend(_unfused(node) if node.op in _FUSED else [node])
    signature = topology["signature"]
    (output,) = (tensor["name"] for tensor in signature["outputs"].values())
    with tf.Graph().as_default():
        pixels = tf.constant(image[np.newaxis], tf.int32)
        (result,) = tf.import_graph_def(
            graph, input_map={"input:0": pixels}, return_elements=[output]
        )
        with tf.compat.v1.Session() as session:
            return np.squeeze(session.run(result))


def _unfused(node):
    """A convolution, its bias and, where there is one, its activation."""
    bias, *activation = (op.decode() for op in node.attr["fused_ops"].list.s)
    convolution = tf.compat.v1.NodeDef(op=_FUSED[node.op], name=f"{node.name}/convolution")
    convolution.input.extend(node.input[:2])
    for attribute in ("T", "strides", "padding", "dilations", "data_format"):
        convolution.attr[attribute].CopyFrom(node.attr[attribute])
    nodes = [convolution, tf.compat.v1.NodeDef(op=bias, input=[convolution.name, node.input[2]])]
    nodes += [tf.compat.v1.NodeDef(op=op, input=[f"{node.name}/bias"]) for op in activation]
    nodes[1].name = f"{node.name}/bias"
    for follower in nodes[1:]:
        follower.attr["T"].CopyFrom(node.attr["T"])
    nodes[-1].name = node.name
    return nodes
