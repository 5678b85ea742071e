r"""Prepares motion capture for training: ASF/AMC, BVH, AMASS or DeepMimic, to TFRecord shards.

    python -m tools.prepare_mocap --input cmu_asfamc.tar.xz --format asf_amc --output mocap/cmu \
        --splits clips.csv --fallback_asf 01

Clips are named after their files, SUBJECT_TRIAL. The output holds SPLIT-00000-of-0000N.tfrecord and
manifest.json, which accounts for every clip and frame. Run again, it converts only what is new.

Several machines share the work: the same command with --share 0/4 to --share 3/4, in any order
or at once, then with --join 4. The result does not differ from that of one machine.
"""

from collections.abc import Sequence

from hps_tf.cli import command, environment
from tools import mocap_options


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = mocap_options.parse(arguments, str(__doc__))
    settings = mocap_options.settings(args)
    environment.import_quietly()
    from tools.preparation import mocap

    mocap.run(args, settings)


if __name__ == "__main__":
    command.run(main, "tools.prepare_mocap")
