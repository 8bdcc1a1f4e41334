"""What others need to prove their own parts against us, and what our tests share. Open ``events.py`` first."""

__all__: list[str] = []
