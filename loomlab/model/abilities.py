"""What model families refuse, told by the model's name. One place to correct when a provider changes its mind."""

import re
import warnings

_REASONING = re.compile(r"(?:o\d+|gpt-(?:[5-9]|\d\d))\b(?!.*-chat)")
_NO_SCHEMA = re.compile(r"gpt-3\.5|gpt-4(?:$|-(?:\d{4}|turbo|32k|vision))|o1-(?:mini|preview)|gpt-4o-2024-05-13")
_CLAUDE = re.compile(r"claude-(?P<family>[a-z]+)-(?P<major>\d+)(?:[-.](?P<minor>\d{1,2}))?(?![\d])")


def is_reasoning(model: str) -> bool:
    """An OpenAI model that thinks first: no ``temperature``, and ``max_completion_tokens`` for ``max_tokens``."""
    return _REASONING.match(_bare(model)) is not None


def takes_json_schema(model: str) -> bool:
    """Whether an OpenAI model takes ``response_format`` with a JSON schema."""
    return _NO_SCHEMA.match(_bare(model)) is None


def claude_takes_temperature(model: str) -> bool:
    """Claude from Opus 4.7 and from generation 5 on answers HTTP 400 to a temperature."""
    found = _CLAUDE.search(model)
    if found is None:
        return True
    version = (int(found["major"]), int(found["minor"] or 0))
    return version < ((4, 7) if found["family"] == "opus" else (5, 0))


def warn_temperature(model: str, temperature: float) -> None:
    """Say that a temperature is left out."""
    warnings.warn(f"{model} takes no temperature; {temperature} is left out", UserWarning, stacklevel=4)


def _bare(model: str) -> str:
    """The name without a gateway's path and without the prefix of a fine-tuned model."""
    return model.rsplit("/", 1)[-1].removeprefix("ft:")
