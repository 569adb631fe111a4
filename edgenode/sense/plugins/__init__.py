"""The built-in plugins. Of edgenode they import only ``edgenode.plugin``."""
