"""What can be wrong with a skill."""


class SkillError(ValueError):
    """A skill that is missing, or written in a way that can't be read; the text names the file and the remedy."""
