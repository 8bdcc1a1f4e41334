"""``saying.py`` beside these tests is imported by name, also where tests are no packages."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
