"""Models and media by manifest: what they are, where they are kept, how they are fetched."""
