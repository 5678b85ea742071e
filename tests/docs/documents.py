"""README and documents as tests read them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path, language: str) -> list[str]:
    """The fenced code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text("utf-8"), re.M | re.S)


def commands(path: Path) -> list[str]:
    """All commands of the project: lines of shell blocks, and inline code that is a command."""
    text = path.read_text("utf-8")
    lines = []
    for block in blocks(path, "sh"):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            lines += line.split("#")[0].split("&&")
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))
    found = []
    for line in lines:
        match = re.search(r"(?:^|\s)(hps \w.*|python -m [\w.]+.*)$", line.strip())
        if match and not line.startswith("TF_CONFIG=…"):
            found.append(match[1].strip())
    return found
