"""Names the type of an unexpected file by its first bytes."""

#: How many of a file's first bytes `describe` looks at.
HEAD_BYTES = 512

_MARK = b"\xef\xbb\xbf"  # Of UTF-8, before a text.

_BEGINNINGS = {
    b"version https://git-lfs": "a Git LFS pointer, not the file; `git lfs pull` gets it",
    b"\x1f\x8b": "a gzip archive; unpack it",
    b"BZh": "a bzip2 archive; unpack it",
    b"\xfd7zXZ": "an xz archive; unpack it",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it",
    b"Rar!": "a RAR archive; unpack it",
    b"\x89HDF\r\n": "an HDF5 file",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF document",
    b"\x93NUMPY": "a single array (.npy)",
}


def describe(head: bytes) -> str | None:
    """Says what a file is, if it is of a kind that people often have in the place of another.

    Args:
      head: Its first bytes, `HEAD_BYTES` or all.

    Returns:
      The kind, with a remedy if there is one; None if it is none of these.
    """
    if not head:
        return "an empty file"
    if not any(head):
        return "nothing but zeros, as an interrupted download or copy leaves"
    for beginning, kind in _BEGINNINGS.items():
        if head.startswith(beginning):
            return kind
    text = head.removeprefix(_MARK).lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")) or b"<html" in text:
        return "a web page, such as the log-in page of the site; download it after logging in"
    if text.startswith((b"{", b"[")) and _is_text(head):
        return "a JSON text"
    if _is_text(head):
        return "a text"
    return None


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character may be cut.
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\t\r\n" for letter in text)
