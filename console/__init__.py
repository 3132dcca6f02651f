"""The web console: chat with checked citations, and the library of documents.

Importing this package is cheap. NiceGUI and the pages are imported when the first browser
opens the console, so a server that only answers programs never pays for them.
"""

from console.gate import PREFIX, mount

__all__ = ["PREFIX", "mount"]
