"""``python -m recipes.pose``."""

import sys

from recipes.pose.recipe import main

sys.exit(main())
