"""Pose priors in PyTorch, as peers: normflows' RealNVP, and networks of VPoser's size."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tools.benchmark import pytorch

#: Distributions that the peers need.
REQUIREMENTS = ("torch", "normflows")

_VPOSER_HIDDEN, _VPOSER_LATENT, _VPOSER_OUTPUT = 512, 32, 6 * 21

Call = Callable[[], object]

#: What is timed: by metric, then by mode.
Calls = dict[str, dict[str, Call]]


def realnvp(dim: int, num_steps: int, hidden_units: Sequence[int]) -> Any:
    """Builds normflows' RealNVP with a linear layer by LU factors before each coupling.

    Args:
      dim: The number of dimensions D.
      num_steps: How many couplings.
      hidden_units: Width of each hidden layer of a coupling's network.

    Returns:
      A `normflows.NormalizingFlow` that starts as the standard normal.
    """
    import normflows

    num_fixed = dim - dim // 2
    flows = []
    for _ in range(num_steps):
        layers = [num_fixed, *hidden_units, 2 * (dim - num_fixed)]
        network = normflows.nets.MLP(layers, init_zeros=True)
        flows.append(normflows.flows.AffineCouplingBlock(network))
        flows.append(normflows.flows.LULinearPermute(dim))
    base = normflows.distributions.DiagGaussian(dim, trainable=False)
    return normflows.NormalizingFlow(base, flows)


def realnvp_calls(x: np.ndarray, num_steps: int, hidden_units: Sequence[int]) -> Calls:
    """Makes the timed functions of normflows' RealNVP, for a batch `(B, D)` float32."""
    import torch

    batch = torch.from_numpy(x)
    density, sampler, trainee = (realnvp(x.shape[1], num_steps, hidden_units) for _ in range(3))
    density.eval()
    sampler.eval()
    for layer in density.flows[1::2]:
        # Spares it the product of the factors. Its cache of the inverse, for sampling, calls a
        # function that PyTorch has removed.
        layer.linear.use_cache()
    return {
        "log_prob": _inference(lambda: density.log_prob(batch)),
        "sample": _inference(lambda: sampler(torch.randn(batch.shape))),
        "training step": _training(trainee, lambda: trainee.forward_kld(batch)),
    }


def realnvp_log_prob(x: np.ndarray, num_steps: int, hidden_units: Sequence[int]) -> np.ndarray:
    """Computes the log-densities `(B,)` of vectors `(B, D)` before any training."""
    import torch

    with torch.no_grad():
        flow = realnvp(x.shape[1], num_steps, hidden_units)
        return flow.log_prob(torch.from_numpy(x)).numpy()


def vposer(dim: int) -> Any:
    """Builds networks of VPoser's sizes (Pavlakos et al. 2019, section 3.3).

    Args:
      dim: The number of dimensions D of the input.

    Returns:
      `encoder`, from `(B, D)` to mean and log-variance `(B, 64)`, and `decoder`, from `(B, 32)` to
      21 rotations in 6D.
    """
    from torch import nn

    def block(inputs: int) -> list[nn.Module]:
        return [nn.Linear(inputs, _VPOSER_HIDDEN), nn.LeakyReLU(0.2)]

    encoder = nn.Sequential(
        nn.BatchNorm1d(dim),
        *block(dim),
        nn.BatchNorm1d(_VPOSER_HIDDEN),
        nn.Dropout(0.1),
        *block(_VPOSER_HIDDEN),
        nn.Linear(_VPOSER_HIDDEN, 2 * _VPOSER_LATENT),
    )
    decoder = nn.Sequential(
        *block(_VPOSER_LATENT),
        nn.Dropout(0.1),
        *block(_VPOSER_HIDDEN),
        nn.Linear(_VPOSER_HIDDEN, _VPOSER_OUTPUT),
    )
    return nn.ModuleDict({"encoder": encoder, "decoder": decoder})


def vposer_calls(x: np.ndarray) -> Calls:
    """Makes the timed functions of VPoser's networks, for a batch `(B, D)` float32.

    Likelihood is a pass of the encoder alone, a sample one of the decoder without making rotations
    of its output, and the loss a squared error and the divergence: the least any use of it costs.
    """
    import torch

    batch = torch.from_numpy(x)
    target = torch.zeros(len(x), _VPOSER_OUTPUT)
    model, trainee = vposer(x.shape[1]).eval(), vposer(x.shape[1])

    def loss() -> torch.Tensor:
        mean, log_variance = trainee["encoder"](batch).chunk(2, dim=1)
        latent = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        error = (trainee["decoder"](latent) - target).square().mean()
        return error + (mean.square() + log_variance.exp() - 1.0 - log_variance).mean()

    return {
        "log_prob": _inference(lambda: model["encoder"](batch)),
        "sample": _inference(lambda: model["decoder"](torch.randn(len(x), _VPOSER_LATENT))),
        "training step": _training(trainee, loss),
    }


def _inference(function: Call) -> dict[str, Call]:
    import torch

    return {mode: torch.no_grad()(run) for mode, run in pytorch.modes(function).items()}


def _training(model: Any, loss: Callable[[], Any]) -> dict[str, Call]:
    """Makes a step of Adam on a loss."""
    import torch

    optimizer = torch.optim.Adam(model.parameters(), lr=1e-5, fused=True)

    def stepping(evaluate: Callable[[], Any]) -> Call:
        def step() -> float:
            optimizer.zero_grad()
            value = evaluate()
            value.backward()
            optimizer.step()
            return value.item()

        return step

    return {mode: stepping(evaluate) for mode, evaluate in pytorch.modes(loss).items()}
