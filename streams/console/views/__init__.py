"""The pages: one frame, and a file for each view in it."""

from streams.console.views.shell import mount_views

__all__ = ["mount_views"]
