"""The attacks of the red team, by what they attack. Open ``book.py`` first; ``../red_team.py`` tries them all."""
