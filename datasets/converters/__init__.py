"""How each dataset is made; ``../convert.py`` is the way in."""
