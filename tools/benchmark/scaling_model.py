"""How long a training step takes on many devices: a model of few, stated quantities.

Every replica computes loss and gradient of its share of the batch, then the gradients are summed
over all replicas in a ring, then every replica updates its weights. `trainers.train_step` sums
when the whole gradient is there, so nothing is hidden behind computation.
"""

import dataclasses

#: `trainers.optimizer` sums the gradients for clipping, and Keras sums once more.
REDUCTIONS = 2


@dataclasses.dataclass(frozen=True)
class Link:
    """A connection between neighbours of a ring.

    Attributes:
      latency: Seconds until a message arrives, however small.
      bandwidth: Bytes per second.
    """

    latency: float
    bandwidth: float

    def ring(self, size: float, count: int) -> float:
        """Seconds to sum `size` bytes over a ring of `count`.

        Each passes on 1/count of them in each of 2 (count - 1) turns.
        """
        turns = 2 * (count - 1)
        return turns * (self.latency + size / count / self.bandwidth)


@dataclasses.dataclass(frozen=True)
class Cluster:
    """Machines of equal devices.

    Attributes:
      devices: How many a machine has.
      inside: Between the devices of a machine.
      between: Between machines.
    """

    devices: int
    inside: Link
    between: Link

    def all_reduce(self, size: float, count: int) -> float:
        """Seconds to sum `size` bytes over `count` devices: in the machines, then among them."""
        machines = -(-count // self.devices)
        within = self.inside.ring(size, min(count, self.devices))
        return within + self.between.ring(size, machines)


@dataclasses.dataclass(frozen=True)
class Step:
    """A training step of one device.

    Attributes:
      fixed: Seconds of it that do not depend on the batch, the update among them.
      per_example: Seconds for each example.
      gradient: Bytes of the gradients.
    """

    fixed: float
    per_example: float
    gradient: float

    def seconds(self, cluster: Cluster, count: int, batch: float) -> float:
        """Seconds of a step on `count` devices, each with `batch` examples."""
        computation = self.fixed + self.per_example * batch
        return computation + REDUCTIONS * cluster.all_reduce(self.gradient, count)

    def limit(self, cluster: Cluster, batch: float) -> float:
        """Examples a second that no number of devices exceeds, each with `batch` examples.

        The turns of the ring between machines grow with their number: each further machine costs
        two latencies for each reduction.
        """
        return batch * cluster.devices / (REDUCTIONS * 2 * cluster.between.latency)
