"""``python -m recipes.detector``."""

import sys

from recipes.detector.recipe import main

sys.exit(main())
