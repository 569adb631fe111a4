"""``python -m recipes.keyword``."""

# The processes that speak and listen import this module too; they need no TensorFlow.
if __name__ == "__main__":
    import sys

    from recipes.keyword.recipe import main

    sys.exit(main())
