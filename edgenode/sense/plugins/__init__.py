"""The built-in plugins; they import nothing of ours but ``edgenode.plugin``."""
