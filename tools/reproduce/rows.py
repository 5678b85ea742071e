"""The rows of Table 1: the paper's 15 and this project's controls.

Data: the paper's H80K is here a prior trained on other clips of the first archive given, from which
the test poses come too ("same"); its AMASS all archives given ("wide").

Starts: "mode" begins at a likely pose. For latent variables that is zero, which is the paper's
start; ambient variables begin at the T-pose in the paper ("zero").
"""

import dataclasses

FLOW, LIGHT, GMM, VPOSER = "flow", "light", "gmm8", "vposer"
HMR, GAUSSIAN, NO_PRIOR = "hmr", "gaussian", "none"
SAME, WIDE = "same", "wide"
AXIS_ANGLE, SIX_D, MATRICES = "AA", "6D", "R"
AMBIENT, LATENT = "ambient", "latent"
KA, KA_BA = "KA", "KA+BA"
ZERO, MODE = "zero", "mode"

#: What the paper calls the data that stands in for it here.
PAPER_DATA = {SAME: "H80K", WIDE: "AMASS"}

#: What the project's notes quote of the paper's Table 1 beyond the rows' own figures, MPJPE in cm.
PAPER_NOTES = (
    "ambient flow 6.2 (AA) and 6.1 (6D), latent flow 5.0 (AA) and 5.1 (6D), without saying which"
    " training data; 4.3 for the best row with KA"
)


@dataclasses.dataclass(frozen=True)
class Row:
    """A way to fit.

    Attributes:
      prior: The prior.
      data: The prior's training data, `SAME` or `WIDE`.
      representation: Of rotations, to the prior.
      space: Which variables are fitted.
      features: The evidence: keypoints (KA), with part maps (KA+BA).
      start: The pose to begin from.
      in_paper: Whether the paper's table has the row, with this start.
      paper: The paper's MPJPE in cm, where the project has it on record.
    """

    prior: str
    data: str
    representation: str
    space: str
    features: str = KA
    start: str = MODE
    in_paper: bool = False
    paper: float | None = None

    @property
    def key(self) -> str:
        """The row's name in files and messages."""
        parts = (self.prior, self.data, self.representation, self.space, self.features, self.start)
        return "-".join(parts).lower().replace("+", "")

    @property
    def method(self) -> str:
        """The compiled program that rows of different data share, start apart."""
        parts = (self.prior, self.representation, self.space, self.features)
        return "-".join(parts).lower().replace("+", "")

    @property
    def family(self) -> str:
        """Which runs of training the prior comes from, one a seed."""
        if self.prior in (VPOSER, HMR):
            return f"{self.prior}-{self.data}"
        kind = LIGHT if self.prior == LIGHT else FLOW
        return f"{kind}-{self.data}-{self.representation.lower()}"


def _table() -> tuple[Row, ...]:
    flows = [(data, code) for data in (SAME, WIDE) for code in (AXIS_ANGLE, SIX_D)]
    paper = [
        Row(GMM, WIDE, AXIS_ANGLE, AMBIENT, start=ZERO, in_paper=True, paper=7.9),
        Row(VPOSER, WIDE, SIX_D, LATENT, in_paper=True),
        Row(HMR, WIDE, MATRICES, AMBIENT, start=ZERO, in_paper=True),
        *(Row(FLOW, *flow, AMBIENT, start=ZERO, in_paper=True) for flow in flows),
        *(Row(FLOW, *flow, LATENT, in_paper=True) for flow in flows),
        *(Row(FLOW, *flow, LATENT, KA_BA, in_paper=True) for flow in flows),
    ]
    controls = [
        *(Row(GAUSSIAN, *flow, LATENT) for flow in flows),
        Row(NO_PRIOR, WIDE, AXIS_ANGLE, AMBIENT, start=ZERO),
        Row(NO_PRIOR, WIDE, AXIS_ANGLE, AMBIENT),
        *(
            dataclasses.replace(row, start=MODE, in_paper=False, paper=None)
            for row in paper
            if row.space == AMBIENT
        ),
    ]
    return (*paper, *controls)


ROWS = _table()


def has_seeds(row: Row) -> bool:
    """Whether the row depends on the seed its prior was trained with."""
    return row.prior not in (GAUSSIAN, NO_PRIOR)
