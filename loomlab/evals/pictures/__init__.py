"""An evaluation as pictures: quality against cost, arms against cases, where two arms part, evidence as it came in.

Open ``picture.py`` first: what every one of them offers. How they look is in ``display.pictures``.
"""

from loomlab.evals.pictures.divergence import Stories, divergence_picture
from loomlab.evals.pictures.evidence import evidence_picture
from loomlab.evals.pictures.matrix import matrix_picture
from loomlab.evals.pictures.pareto import MEASURES, pareto_picture
from loomlab.evals.pictures.picture import Picture

__all__ = [
    "MEASURES",
    "Picture",
    "Stories",
    "divergence_picture",
    "evidence_picture",
    "matrix_picture",
    "pareto_picture",
]
