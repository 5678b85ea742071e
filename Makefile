# Two workers, each module in one of them, in the order of tests/durations.py.
PYTEST = pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: check docs durations everything fast format imports lint test types

# The types are checked on one core while tests begin on the other.
check:
	$(MAKE) --jobs 2 lint types imports fast

test:
	$(MAKE) --jobs 2 lint types imports everything

lint:
	ruff format --check .
	ruff check .

types:
	mypy

imports:
	lint-imports

# Those of short modules; tests/durations.json says which modules are long.
fast:
	$(PYTEST) -q -m "not slow and not long and not needs_network"

# What TensorFlow traces and compiles stays in memory to a process's end, so parts follow each other
# in processes of their own. The last holds all that the others do not.
OUTSIDE = tests/cli tests/export tests/serving
LEARNT = tests/priors tests/trainers
FITTED = tests/detection tests/evaluation tests/fitting tests/losses tests/models
PART = $(PYTEST) -q -m "not slow" --durations=10

everything:
	status=0; \
	$(PART) $(OUTSIDE) || status=1; \
	$(PART) $(LEARNT) || status=1; \
	$(PART) $(FITTED) || status=1; \
	$(PART) tests $(addprefix --ignore=,$(OUTSIDE) $(LEARNT) $(FITTED)) || status=1; \
	exit $$status

# On a machine with two idle cores.
durations:
	$(PYTEST) -q -m "not slow" --store_durations

docs:
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict

format:
	ruff format .
	ruff check --fix .
