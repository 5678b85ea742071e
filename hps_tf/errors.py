"""The error of input that is wrong: a file, a field, a setting."""


class InputError(ValueError):
    """What the user gave cannot be used; the message alone must be enough to mend it.

    The message is one line naming where (file, line or field), what was expected and what was
    received. Programs print it and exit with code 2, without a traceback; a plain ``ValueError``
    is a caller's mistake in code and keeps its traceback.
    """
