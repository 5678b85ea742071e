"""Checks of exported models: every way to load one must give the answers stored beside it."""

import dataclasses
import sys
import time
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from export import agreement, loaders, reference, served_model, warmup
from export.agreement import Comparison
from export.loaders import Ask
from export.reference import Example
from export.signature import Request
from hps_tf.errors import InputError

_DEFAULT_SIGNATURE = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY


@dataclasses.dataclass(frozen=True)
class Report:
    """The result of checking one version.

    Attributes:
      comparisons: Of every output by every loader.
      num_warmups: Warm-up requests that the last loader answered.
      load_seconds: How long each loader took to load.
      first_call_seconds: By loader and signature, how long its first request took.
    """

    comparisons: list[Comparison]
    num_warmups: int
    load_seconds: dict[str, float]
    first_call_seconds: dict[str, dict[str, float]]

    @property
    def differing(self) -> list[Comparison]:
        """The outputs that do not agree."""
        return [comparison for comparison in self.comparisons if not comparison.agrees]

    def lines(self) -> list[str]:
        """Says it for people to read."""
        outputs = {comparison.output for comparison in self.comparisons}
        worst = max(comparison.max_error for comparison in self.comparisons)
        verb = "differ" if self.differing else "agree"
        found = [
            f"{', '.join(self.load_seconds)}: {len(outputs)} outputs {verb} (greatest difference"
            f" {worst:.1e}), {self.num_warmups} warm-up requests are answered"
        ]
        for loader, seconds in self.load_seconds.items():
            first = ", ".join(
                f"{signature} {took:.1f}"
                for signature, took in self.first_call_seconds[loader].items()
            )
            found.append(f"  {loader}: loaded in {seconds:.1f} s; first calls, s: {first}")
        return found


def check(
    directory: Path,
    *,
    is_quick: bool = False,
    onnx: Path | None = None,
    say: Callable[[str], None] | None = None,
) -> Report:
    """Loads one version of a model in every way and compares the answers.

    Args:
      directory: Of the version.
      is_quick: Whether one way, the signatures that are fast and a warm-up request of each do.
      onnx: Directory of the model's ONNX files, which are asked too.
      say: Receives progress, one line at a time.

    Raises:
      InputError: If it is no exported model, or cannot be loaded, or there is no ONNX file of a
        signature.
    """
    say = say or _nothing
    examples = reference.read(directory)
    warmups = list(warmup.read(directory))
    if is_quick:
        examples = {name: each for name, each in examples.items() if _is_fast(name)}
        firsts = dict(reversed(warmups))
        warmups = [(name, inputs) for name, inputs in firsts.items() if _is_fast(name)]
    names = [loaders.QUICK] if is_quick else loaders.available()
    # Those between compute as the last one does; to load is what is tried.
    plan = {
        name: (directory, examples if name in (names[0], names[-1]) else _default_alone(examples))
        for name in names
    }
    if onnx is not None:
        plan[loaders.ONNX] = (onnx, _with_files(examples, onnx))
    comparisons: list[Comparison] = []
    load_seconds: dict[str, float] = {}
    first_calls: dict[str, dict[str, float]] = {}
    for number, (loader, (loaded_from, asked)) in enumerate(plan.items(), 1):
        say(f"{loader}, {number} of {len(plan)}: loading")
        start = time.perf_counter()
        with loaders.loaded(loader, loaded_from) as ask:
            load_seconds[loader] = time.perf_counter() - start
            timed = {}
            for name, example in asked.items():
                say(f"{loader}, {number} of {len(plan)}: asking {name}")
                timed[name] = _timed(ask, name, example)
            if loader == names[-1]:
                for place, (signature, inputs) in enumerate(warmups, 1):
                    say(f"{loader}: warm-up request {place} of {len(warmups)}, {signature}")
                    ask(signature, inputs)
        first_calls[loader] = {name: seconds for name, (_, seconds) in timed.items()}
        for name, (answer, _) in timed.items():
            comparisons += agreement.compare(loader, name, answer, examples[name].outputs)
    return Report(comparisons, len(warmups), load_seconds, first_calls)


def progress(line: str) -> None:
    """Tells people what is being done."""
    print(line, file=sys.stderr, flush=True)


def _nothing(line: str) -> None:
    """Keeps to itself what is being done."""


def _is_fast(signature: str) -> bool:
    return signature not in served_model.SLOW


def _default_alone(examples: dict[str, Example]) -> dict[str, Example]:
    return {name: example for name, example in examples.items() if name == _DEFAULT_SIGNATURE}


def _with_files(examples: dict[str, Example], onnx: Path) -> dict[str, Example]:
    names = loaders.onnx_signatures(onnx)
    found = {name: example for name, example in examples.items() if name in names}
    if not found:
        raise InputError(
            f"{onnx}: expected ONNX files of the model, as export.onnx writes them, received"
            f" {', '.join(f'{name}.onnx' for name in names) or 'none'}"
        )
    return found


def _timed(ask: Ask, signature: str, example: Example) -> tuple[Request, float]:
    start = time.perf_counter()
    answer = ask(signature, example.inputs)
    return answer, time.perf_counter() - start


def in_words(comparison: Comparison) -> str:
    """Says how an answer differs."""
    return (
        f"{comparison.output} by {comparison.loader} differs from the exported model's by"
        f" {comparison.max_error:.3g}"
    )
