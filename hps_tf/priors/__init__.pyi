from .discriminator import PoseDiscriminator
from .flow import FlowPrior
from .gmm import GaussianMixture
from .mixture_prior import MixturePrior
from .pretrained import list_pretrained, load
from .prior import PosePrior
from .vae import PoseVAE

__all__ = [
    "FlowPrior",
    "GaussianMixture",
    "MixturePrior",
    "PoseDiscriminator",
    "PosePrior",
    "PoseVAE",
    "list_pretrained",
    "load",
]
