"""``python -m hps_tf``: the console command `hps`."""

from hps_tf.cli.__main__ import main

if __name__ == "__main__":
    main()
