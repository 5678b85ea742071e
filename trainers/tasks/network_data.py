"""Training and validation data of a network, as the config says."""

from collections.abc import Mapping

from ml_collections import ConfigDict

from hps_tf import body
from hps_tf.body import BodyModel
from hps_tf.data.images.augmentation import Augmentation
from hps_tf.data.images.image_batches import ImageBatches
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_sources import Mix, Source
from hps_tf.errors import InputError
from hps_tf.models import NetworkOptions
from hps_tf.models.presets import MOVENET
from trainers.tasks.seen_images import SeenBatches, SeenSource


def curriculum(config: ConfigDict) -> dict[str, ConfigDict]:
    """The phases by name, in the order in which they follow each other."""
    names = config.curriculum
    if not set(names) <= set(config.phases) or len(set(names)) < len(names):
        raise InputError(
            f"config.curriculum: expected phases of {', '.join(config.phases)}, each once, received"
            f" {', '.join(names)}"
        )
    return {name: config.phases[name] for name in names}


def phase_starts(config: ConfigDict) -> list[int]:
    """The first step of each phase; a phase takes its share of `config.steps`."""
    shares = [phase.share_of_steps for phase in curriculum(config).values()]
    if not shares or min(shares) < 0 or sum(shares) <= 0:
        raise InputError(
            f"config.phases: expected at least one with share_of_steps above 0, received {shares}"
        )
    ends, total = [0.0], float(sum(shares))
    for share in shares:
        ends.append(ends[-1] + share / total)
    return [round(end * config.steps) for end in ends[:-1]]


def load_body(config: ConfigDict) -> BodyModel:
    """Loads the body that labels are of and that the network predicts.

    Of a file as many shape components are kept as the images are labelled with.

    Raises:
      InputError: If there is no such file, or it is damaged.
    """
    file = config.network.body
    if not file:
        return body.load_small()
    (name, settings), *_ = _sources(config)
    num_shape = _opened(settings.path, settings.split, name).num_shape
    try:
        return body.load(file, num_shape)
    except (OSError, InputError) as error:
        raise InputError(f"config.network.body {file}: {error}") from None


def training_batches(
    config: ConfigDict, options: NetworkOptions, model: BodyModel
) -> ImageBatches | SeenBatches:
    """Opens the sources of all phases.

    With `config.views`, batches are of what the network's front end finds in them.

    Args:
      config: The resolved config.
      options: The sizes of the network.
      model: The body that the labels must be of.

    Raises:
      InputError: If settings or data cannot be used.
    """
    _check_views(config, options)
    sources = [_source(name, settings, model) for name, settings in _sources(config)]
    names = [name for name, _ in _sources(config)]
    mixes = []
    for (name, phase), start in zip(curriculum(config).items(), phase_starts(config), strict=True):
        unknown = sorted(set(phase.data) - set(names))
        if unknown:
            raise InputError(
                f"config.phases.{name}.data: expected sources of {', '.join(names)}, received"
                f" {', '.join(unknown)}"
            )
        shares = tuple(float(phase.data.get(source, 0.0)) for source in names)
        if min(shares) < 0 or not sum(shares) > 0:
            raise InputError(
                f"config.phases.{name}.data: expected shares above 0, received {shares}"
            )
        mixes.append(Mix(start, shares))
    if config.window < 1 or config.batch_size % config.window:
        raise InputError(
            "config.window: expected a divisor of config.batch_size"
            f" {config.batch_size}, received {config.window}"
        )
    augmentation = _augmentation(config.augmentation)
    return _batches(
        config, options, model, sources, mixes, config.batch_size, augmentation, config.window
    )


def validation_batches(
    config: ConfigDict, options: NetworkOptions, model: BodyModel
) -> dict[str, tuple[ImageBatches | SeenBatches, int]]:
    """Opens each source's validation split: batches without augmentation, and how many.

    All its labels count, even those that training does not use; see `training_batches`.
    """
    batches = {}
    for name, settings in _sources(config):
        source = Source(_dataset(settings.path, settings.validation_split, name, model))
        size = min(config.validation_batch_size, len(source.dataset))
        count = min(len(source.dataset), settings.max_validation) // size
        one = _batches(config, options, model, [source], [Mix(0, (1.0,))], size, None)
        batches[name] = (one, max(1, count))
    return batches


def _batches(
    config: ConfigDict,
    options: NetworkOptions,
    model: BodyModel,
    sources: list[Source],
    mixes: list[Mix],
    batch_size: int,
    augmentation: Augmentation | None,
    window: int = 1,
) -> ImageBatches | SeenBatches:
    placed = model if config.network.body else None
    if config.views:
        seen = [
            SeenSource(source, config.views, augmentation, options, placed) for source in sources
        ]
        return SeenBatches(seen, mixes, batch_size, config.seed)
    return ImageBatches(
        sources,
        mixes,
        batch_size,
        options.image_size,
        options.map_size,
        augmentation,
        config.seed,
        window,
        placed,
    )


def _check_views(config: ConfigDict, options: NetworkOptions) -> None:
    if config.views < 0:
        raise InputError(f"config.views: expected at least 0, received {config.views}")
    if config.views and options.keypoints != MOVENET:
        raise InputError(
            f"config.views: expected 0 with network.keypoints {options.keypoints!r}, whose features"
            " change"
        )
    if config.views and config.window > 1:
        raise InputError(f"config.views: expected 0 with a window of {config.window} frames")


def _sources(config: ConfigDict) -> list[tuple[str, ConfigDict]]:
    used = {name for phase in curriculum(config).values() for name in phase.data}
    named = [(name, settings) for name, settings in config.data.items() if name in used]
    if not named:
        raise InputError("config.data: expected a source that a phase uses, received none")
    return named


def _source(name: str, settings: ConfigDict, model: BodyModel) -> Source:
    dataset = _dataset(settings.path, settings.split, name, model)
    try:
        return Source(dataset, settings.labels, settings.supervised)
    except ValueError as error:
        raise InputError(f"config.data.{name}: {error}") from None


def _dataset(path: str, split: str, name: str, model: BodyModel) -> ImageDataset:
    dataset = _opened(path, split, name)
    for field, expected in (("body", model.name), ("num_shape", model.num_shape)):
        received = getattr(dataset, field)
        if received != expected:
            raise InputError(
                f"config.data.{name}.path: expected {field} {expected!r}, that of"
                f" config.network.body, received {received!r} in {path}"
            )
    return dataset


def _opened(path: str, split: str, name: str) -> ImageDataset:
    if not path:
        raise InputError(f"config.data.{name}.path: expected a directory of prepared images")
    return ImageDataset(path, split)


def _augmentation(settings: Mapping[str, float]) -> Augmentation:
    try:
        return Augmentation(**settings)
    except (TypeError, ValueError) as error:
        raise InputError(f"config.augmentation: {error}") from None
