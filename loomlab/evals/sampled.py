"""A model with its sampling set, as suite files ask for it; it lives with the models."""

from loomlab.model.sampled import Sampled, sampled

__all__ = ["Sampled", "sampled"]
