"""Search spaces: Python files that change a config by hyper-parameters.

    def choose(hp, config):
        config.optimizer.learning_rate = hp.Float("learning_rate", 1e-3, 1e-2, sampling="log")

`hp` is a `keras_tuner.HyperParameters`; `config`, locked, is the experiment's.
"""

from pathlib import Path

import keras_tuner
from ml_collections import ConfigDict

from hps_tf.errors import InputError
from trainers import settings, user_code
from trainers.arguments import flatten


class SearchSpace:
    """The configs that a search may try.

    Args:
      path: The search space's file.
      base: The config that it changes.
      fixed: Settings that it has to leave as they are.

    Raises:
      InputError: If the file cannot be used, or its default values do not give a config.
    """

    def __init__(self, path: Path, base: ConfigDict, fixed: tuple[str, ...] = ()):
        if not path.is_file():
            raise InputError(f"--space: there is no file {path}")
        self._path = path
        self._choose = user_code.load(path, "choose", "a search space")
        self._base = base
        self._fixed = fixed
        hp = keras_tuner.HyperParameters()
        self.config(hp)
        if not hp.space:
            raise InputError(f"{path}: choose(hp, config) must ask hp for at least one value")

    def config(self, hp: keras_tuner.HyperParameters) -> ConfigDict:
        """Gives the config of some values.

        Args:
          hp: The values; those it lacks are added, with their defaults.

        Raises:
          InputError: If the file's code fails or gives settings that no training takes.
        """
        config = ConfigDict(self._base.to_dict()).lock()
        with user_code.blaming(self._path):
            self._choose(hp, config)
        try:
            settings.check(config)
        except InputError as error:
            raise InputError(f"{self._path}: {error}") from error
        before, after = dict(flatten(self._base)), dict(flatten(config))
        for name in self._fixed:
            if after[name] != before[name]:
                raise InputError(f"{self._path}: config.{name} must stay {before[name]} here")
        return config
