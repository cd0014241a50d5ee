"""The samples beside the tests of bnkit serve these tests too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
