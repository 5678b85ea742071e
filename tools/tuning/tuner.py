"""The tuner: Keras Tuner's trials are training jobs."""

from collections.abc import Sequence
from pathlib import Path

import keras_tuner
from keras_tuner import errors

from hps_tf.errors import InputError
from tools.tuning.announced_runs import AnnouncedRuns
from tools.tuning.choices import PREFIX
from tools.tuning.search_space import SearchSpace
from tools.tuning.training_job import JobFailedError, TrainingJob

#: Hyperband's unit of training is the interval between two validations.
_EPOCHS, _EARLIER = "tuner/epochs", "tuner/trial_id"


class SearchInputError(errors.FatalError, InputError):
    """Bad input that shows in a trial; ends the search instead of failing the trial."""


class TrainingTuner(keras_tuner.engine.base_tuner.BaseTuner):
    """Searches a space by training.

    A killed trial resumes from its last checkpoint; Hyperband's longer trials continue in the run
    directory of the shorter one that they grew from.

    Args:
      oracle: Chooses the next values.
      space: The configs to choose from.
      directory: The search's; shared by all its processes.
      program: The command that trains.
      announced: Announces runs to the other workers of a trial (multi_worker), or None.
    """

    def __init__(
        self,
        oracle: keras_tuner.Oracle,
        space: SearchSpace,
        directory: Path,
        program: Sequence[str],
        announced: AnnouncedRuns | None = None,
    ):
        super().__init__(oracle, space.config, directory=str(directory), project_name="trials")
        self._runs = directory / "runs"
        self._program = program
        self._announced = announced

    def on_search_begin(self) -> None:
        """Makes the search one that can be gone on with from its first trial on."""
        self.save()
        if self._announced:
            self._announced.forget()

    def on_search_end(self) -> None:
        """Lets go whoever trains along."""
        if self._announced:
            self._announced.end()

    def run_trial(self, trial: keras_tuner.engine.trial.Trial) -> None:
        """Trains, and reports each validation as it comes.

        Raises:
          SearchInputError: If the values or the data cannot be used, or there is no such objective.
          FailedTrialError: If the training failed.
        """
        try:
            self._train(trial)
        except InputError as error:
            values = own_values(trial.hyperparameters)
            raise SearchInputError(f"trial {trial.trial_id} ({values}): {error}") from error
        except JobFailedError as error:
            print(f"trial {trial.trial_id} failed: {error}", flush=True)
            raise errors.FailedTrialError(str(error)) from error

    def _run_and_update_trial(self, trial: keras_tuner.engine.trial.Trial) -> None:
        # Keras Tuner takes the result from `run_trial`; here results were reported as they came.
        self.run_trial(trial)

    def _train(self, trial: keras_tuner.engine.trial.Trial) -> None:
        config = self.hypermodel.build(trial.hyperparameters)
        epochs = trial.hyperparameters.values.get(_EPOCHS)
        until = (
            config.steps if epochs is None else min(config.steps, epochs * config.validate_every)
        )
        run = root(trial, self.oracle.get_trial)
        job = TrainingJob(self._runs / run, self._program)
        if self._announced:
            job.prepare(config)
            self._announced.announce(run, until)
        name = self.oracle.objective.name
        for step, figures in job.train(config, until):
            objective = name.removeprefix(PREFIX)
            if objective not in figures:
                known = ", ".join(f"{PREFIX}{figure}" for figure in figures)
                raise InputError(f"--objective {name}: no such figure; there are {known}")
            score = figures[objective]
            print(f"trial {trial.trial_id}  step {step}/{until}  {name} {score:.4f}", flush=True)
            if not self._is_reported(trial, step):
                metrics = {f"{PREFIX}{figure}": value for figure, value in figures.items()}
                self.oracle.update_trial(trial.trial_id, metrics, step=step)

    def _is_reported(self, trial: keras_tuner.engine.trial.Trial, step: int) -> bool:
        """Whether the trial was reported at a step before it was killed."""
        name = self.oracle.objective.name
        known = trial.metrics.get_history(name) if trial.metrics.exists(name) else []
        return step in (observation.step for observation in known)


def root(trial: keras_tuner.engine.trial.Trial, get_trial) -> str:
    """Follows a trial of Hyperband back to its first; any other trial is its own."""
    while earlier := trial.hyperparameters.values.get(_EARLIER):
        trial = get_trial(earlier)
    return trial.trial_id


def own_values(hp: keras_tuner.HyperParameters) -> dict[str, object]:
    """The values that count, without those of the oracle's own."""
    names = [each.name for each in hp.space if hp.is_active(each)]
    return {name: hp.values[name] for name in names if name in hp.values}
