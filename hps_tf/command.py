"""The frame every program of the project runs in: bad input is one line and exit code 2."""

import sys
from collections.abc import Callable
from typing import NoReturn

from hps_tf.errors import InputError

EXIT_BAD_INPUT = 2


def run(main: Callable[[], None], name: str) -> NoReturn:
    """Runs a program's main function and exits.

    Args:
      main: The program. Raises `InputError` for input it cannot use; an `OSError` (file missing,
        permission denied, disk full) is the user's to mend too.
      name: How the program is called, e.g. ``"tools.fit"``; begins the error line.
    """
    try:
        main()
    except InputError as error:
        _fail(name, " ".join(str(error).split()))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(name, f"{where}{error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)


def _fail(name: str, message: str) -> NoReturn:
    print(f"{name}: error: {message}", file=sys.stderr)
    sys.exit(EXIT_BAD_INPUT)
