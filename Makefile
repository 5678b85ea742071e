.PHONY: check docs lint types imports fast test format

check: lint types imports fast

lint:
	ruff format --check .
	ruff check .

types:
	mypy

imports:
	lint-imports

fast:
	pytest -q -n 2 --dist loadfile -m "not slow and not needs_network"

test: lint types imports
	pytest -n 2 --dist loadfile -m "not slow" --durations=30

docs:
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict

format:
	ruff format .
	ruff check --fix .
