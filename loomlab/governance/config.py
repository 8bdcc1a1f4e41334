"""The caps of a budget."""

from dataclasses import dataclass, fields
from datetime import timedelta

from loomlab.core import ConfigError


@dataclass(frozen=True, slots=True)
class BudgetConfig:
    """Caps, None for none. Tokens and US dollars count over the budget's life; a cap is reached when used >= cap.

    ``max_wall_clock`` is the time of one run, sub-runs included, from the start of the outermost. The ``per_user_``
    caps count for each user alone; ``per_user_max_wall_clock`` is the time of all of a user's runs together.
    From the share ``soft_warning_at`` (above 0, at most 1) of a cap on tokens or cost, a budget warns.

    Raises ConfigError for a negative cap or a share out of range.
    """

    max_tokens: int | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None
    max_cost_usd: float | None = None
    max_wall_clock: timedelta | None = None
    per_user_max_tokens: int | None = None
    per_user_max_input_tokens: int | None = None
    per_user_max_output_tokens: int | None = None
    per_user_max_cost_usd: float | None = None
    per_user_max_wall_clock: timedelta | None = None
    soft_warning_at: float = 0.8

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name.endswith("wall_clock"):
                if value is not None and not isinstance(value, timedelta):
                    raise ConfigError(f"{one.name} is a datetime.timedelta, not {value!r}: timedelta(minutes=5)")
                value = None if value is None else value.total_seconds()
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0):
                raise ConfigError(f"{one.name} is a number of 0 or more, or None, not {value!r}")
        if not 0 < self.soft_warning_at <= 1:
            raise ConfigError(f"soft_warning_at is a share above 0 and at most 1, not {self.soft_warning_at!r}")
