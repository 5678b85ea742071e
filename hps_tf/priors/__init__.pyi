from .discriminator import PoseDiscriminator
from .flow import FlowPrior
from .gmm import GaussianMixture
from .pretrained import list_pretrained, load, load_flow
from .prior import PosePrior
from .vae import PoseVAE

__all__ = [
    "FlowPrior",
    "GaussianMixture",
    "PoseDiscriminator",
    "PosePrior",
    "PoseVAE",
    "list_pretrained",
    "load",
    "load_flow",
]
