"""``python -m recipes.digits``."""

import sys

from recipes.digits.recipe import main

sys.exit(main())
