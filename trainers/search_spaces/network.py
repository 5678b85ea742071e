r"""The network's size, output and learning rate, and how images are changed in training.

Run: python -m tools.tune --config=trainers/configs/network_small.py \
    --space=trainers/search_spaces/network.py --oracle=hyperband --directory=search \
    --config.data.mocap_a.path=…
"""


def choose(hp, config):
    """Changes the config."""
    network, optimizer, augmentation = config.network, config.optimizer, config.augmentation
    network.preset = hp.Choice("preset", ["tiny", "small"])
    network.pose_output = hp.Choice("pose_output", ["latent", "6d"])
    optimizer.learning_rate = hp.Float("learning_rate", 3e-4, 6e-3, sampling="log")
    optimizer.clip_norm = hp.Choice("clip_norm", [3.0, 10.0, 30.0])
    augmentation.rotation = hp.Float("rotation", 0.0, 0.6)
    augmentation.occluders = hp.Float("occluders", 0.0, 0.4)
    augmentation.colour = hp.Float("colour", 0.3, 1.0)
