"""The error of invalid user input: a file, a field, a setting."""


class InputError(ValueError):
    """Raised for invalid user input; the message alone must let the user fix it.

        raise InputError(f"{path}, field 'pose': expected numbers, received texts")

    The message is one line naming where (file, line or field), what was expected and what was
    received. Programs print it and exit with code 2, without a traceback; a plain ``ValueError``
    is a caller's mistake in code and keeps its traceback.
    """
