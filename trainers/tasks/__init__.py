"""Training tasks: a model with its data and losses."""

import importlib

from ml_collections import ConfigDict

from hps_tf.errors import InputError
from trainers.task import Task
from trainers.tasks.bare_network import BareNetworkTask
from trainers.tasks.discriminator import DiscriminatorTask
from trainers.tasks.lifting import LiftingTask
from trainers.tasks.lifting_hmr import HMRTask
from trainers.tasks.lifting_spin import SPINTask
from trainers.tasks.lifting_vibe import VIBETask
from trainers.tasks.lifting_weak import WeakLiftingTask
from trainers.tasks.network import NetworkTask
from trainers.tasks.prior import PriorTask
from trainers.tasks.prior_student import PriorStudentTask
from trainers.tasks.quickstart import QuickstartTask
from trainers.tasks.vae import VAETask

TASKS: dict[str, type[Task]] = {
    "prior": PriorTask,
    "discriminator": DiscriminatorTask,
    "bare_network": BareNetworkTask,
    "network": NetworkTask,
    "lifting": LiftingTask,
    "lifting_weak": WeakLiftingTask,
    "lifting_hmr": HMRTask,
    "lifting_spin": SPINTask,
    "lifting_vibe": VIBETask,
    "prior_student": PriorStudentTask,
    "quickstart": QuickstartTask,
    "vae": VAETask,
}


def create(config: ConfigDict) -> Task:
    """Creates the task a config names.

    Raises:
      InputError: If there is none of that name, or it cannot use its settings or data.
    """
    for module in config.imports:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise InputError(f"config.imports: {module}: {error}") from None
    if config.task not in TASKS:
        raise InputError(
            f"config.task: expected one of {', '.join(TASKS)}, received {config.task!r}"
        )
    return TASKS[config.task](config)
