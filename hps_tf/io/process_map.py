"""A function applied to many items in several processes."""

import concurrent.futures
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def process_map(
    function: Callable[[Item], Result], items: Iterable[Item], num_processes: int
) -> Iterator[tuple[Item, Result]]:
    """Applies a function to items, in order, with only a few of them in memory at once.

    Processes are spawned, not forked: TensorFlow's threads do not survive a fork.

    Args:
      function: Importable by name, like all that it and the items hold.
      items: Drawn from as results are taken.
      num_processes: With one, the function runs in this process.

    Yields:
      Each item with its result.

    Raises:
      Exception: The first that the function raises, in the order of the items.
    """
    if num_processes == 1:
        for item in items:
            yield item, function(item)
        return
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(num_processes, context) as pool:
        pending: deque[tuple[Item, concurrent.futures.Future[Result]]] = deque()
        try:
            for item in items:
                pending.append((item, pool.submit(function, item)))
                if len(pending) > 2 * num_processes:
                    first, future = pending.popleft()
                    yield first, future.result()
            for first, future in pending:
                yield first, future.result()
        finally:
            pool.shutdown(cancel_futures=True)
