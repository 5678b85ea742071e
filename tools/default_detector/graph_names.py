"""Where the weights of each layer stand in MoveNet's graphs."""

import re

#: What the names of the graph's weights begin with.
BACKBONE = "center_net_mobile_net_v2fpn_feature_extractor/model_1/"

#: Prefix of a head's weights in the graph, by the map that it predicts.
HEADS = {
    "centers": "center_0",
    "fields": "kpt_regress_0",
    "heatmaps": "kpt_heatmap_0",
    "offsets": "kpt_offset_0",
    "box_offsets": "box_offset_0",
    "box_sizes": "box_scale_0",
}

LATERALS = {"32": "conv2d", "16": "conv2d_1", "8": "conv2d_2", "4": "conv2d_3"}
SMOOTHS = {"16": "separable_conv2d", "8": "separable_conv2d_1", "4": "separable_conv2d_2"}
BLOCK_LAYERS = {"expand": "Conv2D", "depthwise": "depthwise", "project": "Conv2D"}


def pattern(layer: str, variable: str) -> re.Pattern[str]:
    """The pattern that one weight's name in the graph matches whole.

    Args:
      layer: The Keras layer's name, as in `hps_tf.detection.movenet`.
      variable: ``kernel`` or ``bias``.
    """
    is_bias = variable == "bias"
    folded = "_bn_offset" if is_bias else "_weights"
    plain = "/BiasAdd/ReadVariableOp" if is_bias else "/Conv2D/ReadVariableOp"
    if layer in ("stem", "last"):
        name = f"{BACKBONE}model/{'Conv1' if layer == 'stem' else 'Conv_1'}/Conv2D{folded}"
    elif match := re.fullmatch(r"block(\d+)_(\w+)", layer):
        block = "expanded_conv" if match[1] == "0" else f"block_{match[1]}"
        name = f"{BACKBONE}model/{block}_{match[2]}/{BLOCK_LAYERS[match[2]]}{folded}"
    elif match := re.fullmatch(r"lateral(\d+)", layer):
        name = f"{BACKBONE}{LATERALS[match[1]]}{plain}"
    elif match := re.fullmatch(r"smooth(\d+)_(\w+)", layer):
        ending = folded if match[2] == "pointwise" else "/ReadVariableOp"
        name = f"{BACKBONE}{SMOOTHS[match[1]]}/separable_conv2d{ending}"
    else:
        return re.compile(_head_pattern(layer, plain, is_bias=is_bias))
    return re.compile(f"(.*/)?{re.escape(name)}")


def _head_pattern(layer: str, plain: str, *, is_bias: bool) -> str:
    """Heads are numbered through over the graph, so that their numbers are left open."""
    head, _, kind = layer.removeprefix("box_").partition("_")
    if layer.startswith("box_"):
        head = f"box_{head}"
    if not kind:
        return rf"(.*/)?{HEADS[head]}/conv2d_\d+{re.escape(plain)}"
    ending = r"/separable_conv2d/ReadVariableOp" + ("_1" if kind == "pointwise" else "")
    if is_bias:
        ending = "/BiasAdd/ReadVariableOp"
    return rf"(.*/)?{HEADS[head]}/separable_conv2d_\d+{ending}"
